import { createHash } from 'node:crypto';
import type { Running } from '../../subgraphs/http.ts';
import { startGatewayAndPod } from '../support/gateway-and-pod.ts';

let gateway: Running;
let pod: Running;
let close: () => Promise<unknown>;

beforeAll(async () => {
  ({ gateway, pod, close } = await startGatewayAndPod());
});
afterAll(() => close());

const pods = '{ vectorPods { name } }';
const answer = { data: { vectorPods: [{ name: 'a' }] } };
const noForm = { 'apollo-require-preflight': 'true' };
const json = { 'content-type': 'application/json' };

describe.each([
  ["the gateway's /graphql", () => `${gateway.url}/graphql`],
  ["the gateway's /subgraph", () => `${gateway.url}/subgraph`],
  ["a pod's /graphql", () => `${pod.url}/graphql`],
])('%s', (_name, url) => {
  async function get(parameters: Record<string, string>, headers: Record<string, string> = noForm) {
    return read(await fetch(`${url()}?${new URLSearchParams(parameters).toString()}`, { headers }));
  }
  async function post(body: string, headers: Record<string, string> = json) {
    return read(await fetch(url(), { method: 'POST', headers, body }));
  }

  test('answers a query by GET, with variables', async () => {
    const query = 'query ($yes: Boolean!) { vectorPods { name @include(if: $yes) } }';

    const { status, body } = await get({ query, variables: '{"yes":true}' });

    expect({ status, body }).toEqual({ status: 200, body: answer });
  });

  test('takes an empty name of an operation for none', async () => {
    const byGet = await get({ query: pods, operationName: '' });
    const byPost = await post(JSON.stringify({ query: pods, operationName: '' }));

    expect([byGet.body, byPost.body]).toEqual([answer, answer]);
  });

  test('does no mutation by GET', async () => {
    const { status, body } = await get({
      query: 'mutation { deleteVectorBucket(name: "a") { deleted } }',
    });

    expect(status).toBe(405);
    expect(body).toEqual({
      errors: [
        {
          message: 'GET requests only support query operations, not mutation operations',
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ],
    });
  });

  test('knows a query by its hash once it has been told', async () => {
    const query = `${pods} # ${url()}`;
    const extensions = JSON.stringify(persisted(query));

    const unknown = await get({ extensions });
    const told = await post(JSON.stringify({ query, extensions: persisted(query) }));
    const byGet = await get({ extensions });
    const byPost = await post(JSON.stringify({ extensions: persisted(query) }));

    expect(unknown.status).toBe(200);
    expect(unknown.body).toMatchObject({
      errors: [{ extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    });
    expect([told.body, byGet.body, byPost.body]).toEqual([answer, answer, answer]);
  });

  test('refuses a query that has not the hash that comes with it', async () => {
    const { status, body } = await post(JSON.stringify({ query: pods, extensions: persisted('') }));

    expect(status).toBe(400);
    expect(body).toEqual({
      errors: [
        { message: 'provided sha does not match query', extensions: { code: 'BAD_USER_INPUT' } },
      ],
    });
  });

  test('answers JSON that is none with a GraphQL error', async () => {
    const { status, headers, body } = await post('{"query": ');

    expect(status).toBe(400);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(body).toEqual({
      errors: [
        {
          message: expect.stringContaining('JSON'),
          extensions: { code: 'BAD_USER_INPUT', argument: 'body' },
        },
      ],
    });
  });

  test('refuses what the form or a link of another site could send', async () => {
    const form = await post(JSON.stringify({ query: pods }), { 'content-type': 'text/plain' });
    const link = await get({ query: pods }, {});

    for (const { status, body } of [form, link]) {
      expect(status).toBe(400);
      expect(body).toEqual({
        errors: [
          {
            message: expect.stringContaining('Cross-Site Request Forgery (CSRF)'),
            extensions: { code: 'BAD_USER_INPUT' },
          },
        ],
      });
    }
  });
});

test('persisted queries that nobody asks for make room for others', async () => {
  // With a memory of its own.
  const own = await startGatewayAndPod();
  const ask = async (body: object): Promise<string> => {
    const init = { method: 'POST', headers: json, body: JSON.stringify(body) };
    return JSON.stringify((await read(await fetch(`${own.pod.url}/graphql`, init))).body);
  };
  const queries = Array.from({ length: 40 }, (_, i) => `${pods} # ${i} ${'.'.repeat(2 ** 20)}`);
  for (const query of queries) await ask({ query, extensions: persisted(query) });

  const [first, last] = [queries[0]!, queries.at(-1)!];
  expect(await ask({ extensions: persisted(last) })).toBe(JSON.stringify(answer));
  expect(await ask({ extensions: persisted(first) })).toContain('PERSISTED_QUERY_NOT_FOUND');
  await own.close();
});

const persisted = (query: string) => ({
  persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') },
});

async function read(response: Response) {
  const body: unknown = await response.json();
  return { status: response.status, headers: response.headers, body };
}
