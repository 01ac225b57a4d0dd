import { createRemoteStore } from '../../gateway/remote-store.ts';
import type { Running } from '../../subgraphs/http.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import { during } from '../support/store-calls.ts';
import { createMemoryLogger, createStubService, docs } from '../support/stub-service.ts';

describe('a pod over HTTP', () => {
  const service = createStubService();
  let pod: Running;

  beforeAll(async () => {
    const logger = createMemoryLogger();
    pod = await startPod({ service, pod: 'a', host: '127.0.0.1', port: 0, logger });
  });
  afterAll(() => pod.close());

  async function post(query: string, headers: Record<string, string> = {}) {
    const response = await fetch(`${pod.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, answer: await response.json() };
  }

  test('it answers who calls it by its name, and who calls it by none', async () => {
    const answer = { data: { vectorPods: [{ name: 'a' }] } };

    expect(await post('{ vectorPods { name } }', { 'x-quiver-pod': 'a' })).toMatchObject({
      answer,
    });
    expect(await post('{ vectorPods { name } }')).toMatchObject({ answer });
  });

  test('it refuses who takes it for another pod', async () => {
    expect(await post('{ vectorPods { name } }', { 'x-quiver-pod': 'b' })).toEqual({
      status: 421,
      answer: {
        errors: [
          {
            message: 'Pod "b" calls itself "a".',
            extensions: {
              code: 'POD_UNAVAILABLE',
              pod: 'b',
              outcome: 'notWritten',
              reason: 'WRONG_POD',
            },
          },
        ],
      },
    });
  });

  test('an error of a resolver has its path', async () => {
    const first = 'a: searchVectors(collection: "c", near: {}) { hasMore }';
    const second = 'b: searchVectors(collection: "c", near: {}) { hasMore }';
    const { answer } = await post(`{ ${first} ${second} }`);

    expect(answer).toMatchObject({
      errors: [
        { path: ['a'], extensions: { code: 'BAD_USER_INPUT', argument: 'near' } },
        { path: ['b'], extensions: { code: 'BAD_USER_INPUT', argument: 'near' } },
      ],
    });
  });

  test('it is a federation subgraph', async () => {
    const { answer } = await post('{ _service { sdl } }');

    expect(JSON.stringify(answer)).toContain('searchVectors');
  });

  test('a form of another site cannot make a browser ask it', async () => {
    const response = await fetch(`${pod.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: '{"query":"{ vectorPods { name } }"}',
    });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('CSRF');
  });

  test('it is ready while its database answers', async () => {
    const response = await fetch(`${pod.url}/health/ready`);

    expect(await response.json()).toEqual({ ready: true, pods: [{ name: 'a', healthy: true }] });
  });

  test('a write as large as a client may send it fits on its way from a gateway', async () => {
    const [recordCount, dimension] = [1_000, 6_000];
    const clientBytes = recordCount * dimension * '1,'.length;
    expect(clientBytes).toBeLessThan(service.limits.bodyBytesMax);
    const upsert: VectorStore['upsert'] = async ({ records }) => records.length;
    const logger = createMemoryLogger();
    const taking = await startPod({
      service: createStubService({ upsert, describe: async () => ({ ...docs, dimension }) }),
      pod: 'b',
      host: '127.0.0.1',
      port: 0,
      logger,
    });
    const store = createRemoteStore({ pod: 'b', url: taking.url, connectionsMax: 1, logger });
    const vector = new Float32Array(dimension).fill(1);
    const records = Array.from({ length: recordCount }, (_, n) => ({
      key: String(n),
      vector,
      metadata: {},
    }));
    const write = { bucket: 'vecs', collection: 'wide', records, version: 1 };

    expect(await during((call) => store.upsert(write, call))).toBe(recordCount);
    await store.close();
    await taking.close();
  });

  test('a second one on the same port says what is wrong', async () => {
    const port = Number(new URL(pod.url).port);
    const logger = createMemoryLogger();

    await expect(startPod({ service, pod: 'a', host: '127.0.0.1', port, logger })).rejects.toThrow(
      `Port ${port} of 127.0.0.1 must be free; another program listens there. Stop it, or choose another port with --port.`,
    );
  });
});
