import fc from 'fast-check';
import { bodySchemas, type OperationName } from '../../gateway/vector-buckets/schemas.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { openGatewayServer } from '../support/subjects.ts';
import {
  aName,
  clients,
  done,
  filmVectors,
  openFilms,
  removeBucket,
  type Vectors,
} from '../support/vector-buckets.ts';

let gateway: Awaited<ReturnType<typeof openGatewayServer>>;
let vectors: Vectors;
let opened: Awaited<ReturnType<typeof openFilms>>;
const made = aName();

beforeAll(async () => {
  gateway = await openGatewayServer();
  vectors = clients[0]![1](gateway.url);
  opened = await openFilms(vectors);
  await done(vectors.createBucket(inEmpty.vectorBucketName));
});

afterAll(async () => {
  const { vectorBuckets } = await done(vectors.listBuckets({ prefix: made }));
  for (const { vectorBucketName } of vectorBuckets) await removeBucket(vectors, vectorBucketName);
  await opened.close();
  await gateway.close();
});

const inMade = { vectorBucketName: made };
/** Bodies that are nearly right make indexes in the other one, and only an empty bucket goes. */
const inEmpty = { vectorBucketName: `${made}-empty` };
const scratch = { ...inMade, indexName: 'scratch' };

/** Bodies that are right, of calls that leave the films alone. */
const bodies: Readonly<Record<OperationName, object>> = {
  CreateVectorBucket: inMade,
  GetVectorBucket: inMade,
  ListVectorBuckets: { prefix: made, maxResults: 3 },
  CreateIndex: {
    ...scratch,
    dataType: 'float32',
    dimension: 3,
    distanceMetric: 'cosine',
    metadataConfiguration: { nonFilterableMetadataKeys: ['text'] },
  },
  GetIndex: scratch,
  ListIndexes: { ...inMade, prefix: 's', maxResults: 3, nextToken: 'WyJhIl0' },
  PutVectors: {
    ...scratch,
    vectors: [
      { key: 'a', data: { float32: [1, 2, 3] }, metadata: { tags: ['x', 1, true], year: 1 } },
      { key: 'b', data: { float32: [1, 2, 3] } },
    ],
  },
  GetVectors: { ...scratch, keys: ['a', 'b'], returnData: true, returnMetadata: true },
  ListVectors: {
    ...scratch,
    maxResults: 2,
    nextToken: 'WyJhIl0',
    segmentCount: 2,
    segmentIndex: 1,
  },
  QueryVectors: {
    ...scratch,
    queryVector: { float32: [1, 0, 0] },
    topK: 3,
    filter: { $and: [{ year: { $gte: 1 } }, { tags: 'x' }] },
    returnDistance: true,
    returnMetadata: true,
  },
  DeleteVectors: { ...scratch, keys: ['b'] },
  DeleteIndex: scratch,
  DeleteVectorBucket: inEmpty,
};

const nasty = [
  '',
  ' ',
  '\0',
  '\uD800',
  '__proto__',
  "films'; drop schema quiver cascade; --",
  '"films"; select 1; --',
  '$1',
  'public',
  'x'.repeat(2_000),
  1e39,
  -0,
  2 ** 53,
  0.5,
  101,
  null,
  undefined,
  [],
  {},
  [[[]]],
  Array.from({ length: 1_001 }, (_, i) => `key-${i}`),
  JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`),
  JSON.parse('{"__proto__": {"$gt": 1}, "constructor": 1}'),
];
/** No text among them could be the name of a bucket that others have. */
const junk = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string().map((text) => `${text}'`),
  fc.jsonValue().map((value) => (typeof value === 'string' ? `${value}'` : value)),
);

/** The body with something else at one place. */
const spoiled = (body: object) =>
  fc
    .tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), junk)
    .map(([steps, value]) => replaced(body, steps, value));

function replaced(body: unknown, [step, ...steps]: readonly number[], value: unknown): unknown {
  const entries = typeof body === 'object' && body !== null ? Object.entries(body) : [];
  if (step === undefined || entries.length === 0) return value;
  const [key, inner] = entries[step % entries.length]!;
  const whole: object = Array.isArray(body) ? [...body] : { ...(body as object) };
  return Object.assign(whole, { [key]: replaced(inner, steps, value) });
}

async function post(operation: string, body: string) {
  const response = await fetch(`${gateway.url}/vector/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, answer: JSON.parse(await response.text()) };
}

async function expectSense(operation: string, body: string): Promise<number> {
  const { status, answer } = await post(operation, body);
  expect([200, 400, 404, 409]).toContain(status);
  expect(status === 200 || isStorageError(answer, status)).toBe(true);
  return status;
}

const isStorageError = (answer: Record<string, unknown>, status: number): boolean =>
  answer['statusCode'] === String(status) &&
  typeof answer['code'] === 'string' &&
  answer['error'] === answer['code'] &&
  typeof answer['message'] === 'string' &&
  Object.keys(answer).length === 4;

test('there is a body for every call', () => {
  expect(Object.keys(bodies).toSorted()).toEqual(Object.keys(bodySchemas).toSorted());
});

test.each(Object.entries(bodies))('%s: no body is answered with a failure', async (name, body) => {
  const statuses = new Set([await expectSense(name, JSON.stringify(body))]);
  const any = fc.oneof({ weight: 5, arbitrary: spoiled(body) }, { weight: 1, arbitrary: junk });

  await fc.assert(
    fc.asyncProperty(any, async (wrong) => {
      statuses.add(await expectSense(name, JSON.stringify(wrong) ?? ''));
    }),
    { numRuns: 40 },
  );

  expect([...statuses]).toEqual(expect.arrayContaining([200, 400]));
});

test.each(['', '{', '"x"', '[]', 'null', '{"__proto__": null'])(
  '%j is no body: 400',
  async (body) => {
    for (const name of Object.keys(bodies)) expect(await expectSense(name, body)).toBe(400);
  },
);

test('a body that is too large, or of another type, is told in the same form', async () => {
  const large = `{"prefix": "${'x'.repeat(defaultLimits.bodyBytesMax)}"}`;
  const { status, answer } = await post('ListVectorBuckets', large);
  const form = await fetch(`${gateway.url}/vector/ListVectorBuckets`, {
    method: 'POST',
    body: new URLSearchParams({ prefix: 'x' }),
  });

  expect({ status, code: answer.code }).toEqual({ status: 413, code: 'EntityTooLarge' });
  expect(isStorageError(answer, status)).toBe(true);
  expect(answer.message).toMatch(/^body may have at most 20971520 bytes; got 209715\d\d\.$/);
  expect(form.status).toBe(415);
  expect(isStorageError(JSON.parse(await form.text()), 415)).toBe(true);
});

test('a number beyond all bounds is a wrong number', async () => {
  expect(await expectSense('ListVectorBuckets', '{"maxResults": 1e999}')).toBe(400);
});

test('what was there before is untouched', async () => {
  const keys = filmVectors.map(({ key }) => key);
  const query = { keys, returnData: true, returnMetadata: true };

  expect(await done(opened.films.getVectors(query))).toEqual({ vectors: filmVectors });
});

test('what looks like SQL comes back as it was written', async () => {
  const texts = nasty.filter((value): value is string => typeof value === 'string');
  const sql = texts.filter((text) => text.includes(';'));
  const written = sql.map((key) => ({
    key,
    data: { float32: [1, 1, 1] },
    metadata: { [key]: key },
  }));

  await done(opened.films.putVectors({ vectors: written }));
  const got = await done(
    opened.films.getVectors({ keys: sql, returnData: true, returnMetadata: true }),
  );
  expect(got.vectors).toEqual(written);
  for (const text of sql) {
    const query = { queryVector: { float32: [1, 1, 1] }, filter: { [text]: text } };
    const found = await done(opened.films.queryVectors(query));
    expect(found.vectors).toEqual([{ key: text }]);
  }
  await done(opened.films.deleteVectors({ keys: sql }));
});

test.each([
  ['GET', '/vector/GetIndex', 404],
  ['POST', '/vector/Nothing', 404],
  ['POST', '/storage/v1/vector/Nothing', 404],
])('%s %s is told in the same form', async (method, path, status) => {
  const response = await fetch(gateway.url + path, { method });

  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({
    statusCode: '404',
    code: 'NotFoundException',
    message: `There is nothing at ${method} ${path}.`,
  });
});

test('a call has an id, and the time that its header gives it', async () => {
  const response = await fetch(`${gateway.url}/vector/ListVectorBuckets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': 'mine', 'x-timeout-ms': '9000' },
    body: '{}',
  });

  expect(response.headers.get('x-request-id')).toBe('mine');
  expect(response.status).toBe(200);
});
