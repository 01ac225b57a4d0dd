import { createDocument, upsertDocument } from '../conformance/subject.ts';
import { onBothWays, openCommandSubject } from '../support/command-subject.ts';
import type { CommandSubject, Way } from '../support/command-subject.ts';
import { runQuiver, type Ended } from '../support/run-quiver.ts';

let subject: CommandSubject;

beforeAll(async () => {
  subject = await openCommandSubject();
  const { bucket } = subject;
  const input = { name: 'films', bucket, dimension: 3, metric: 'L2' };
  await subject.ask(createDocument, { input });
  await subject.ask(upsertDocument, {
    collection: 'films',
    records: [
      { key: 'metropolis', vector: [1, 0, 0], metadata: { year: 1927, title: 'Metropolis' } },
      { key: 'solaris', vector: [0.8, 0.6, 0], metadata: { year: 1972, title: 'Solaris' } },
      { key: 'stalker', vector: [0.6, 0, 0.8], metadata: { year: 1979, title: 'Stalker' } },
    ],
  });
});

afterAll(() => subject.close());

interface Found {
  readonly matches: readonly { readonly record: { readonly key: string } }[];
}

const search = (way: Way, args: readonly string[]): Promise<Ended> =>
  subject[way](['search', '--collection', 'films', ...args]);

async function keysOf(way: Way, args: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await search(way, [...args, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return (JSON.parse(stdout) as Found).matches.map(({ record }) => record.key);
}

onBothWays('a search answers people with a table', async (way) => {
  const args = ['--vector', '[1,0,0]', '--filter', '{"year": {"$gt": 1970}}'];
  const { code, stdout, stderr } = await search(way, [...args, '--metadata', 'title,year']);

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.replace(/[\d.]+ ms/, '1.0 ms').split('\n')).toEqual([
    'KEY      DISTANCE     SCORE  title    year',
    'solaris  0.632456  0.612574  Solaris  1972',
    'stalker  0.894427  0.527864  Stalker  1979',
    '',
    '2 matches; 3 of 3 shards, 1.0 ms',
    '',
  ]);
});

onBothWays('a search answers programs with what GraphQL gives', async (way) => {
  const args = ['--key', 'metropolis', '--k', '1', '--profile', '--vectors', '--json'];
  const { code, stdout } = await search(way, args);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    matches: [
      {
        distance: expect.closeTo(0.632456, 5),
        score: expect.closeTo(0.612574, 5),
        record: {
          key: 'solaris',
          metadata: { year: 1972, title: 'Solaris' },
          vector: [0.8, 0.6, 0],
        },
      },
    ],
    hasMore: true,
    metric: 'L2',
    coverage: { fraction: 1, shardCount: 3, answeredCount: 3, failures: [] },
    profile: ['pod-a', 'pod-b', 'pod-c'].map((pod) => expect.objectContaining({ pod })),
    tookMs: expect.any(Number),
  });
});

onBothWays('the command takes every argument of searchVectors', async (way) => {
  const base64 = Buffer.from(Float32Array.of(1, 0, 0).buffer).toString('base64');

  expect(await keysOf(way, ['--vector', base64, '--k', '1'])).toEqual(['metropolis']);
  const near = ['--vector', '[1,0,0]'];
  expect(await keysOf(way, [...near, '--k', '1', '--offset', '2'])).toEqual(['stalker']);
  expect(await keysOf(way, [...near, '--max-distance', '0.7'])).toEqual(['metropolis', 'solaris']);
  const options = ['--metric', 'inner-product', '--mode', 'exact', '--ef-search', '100'];
  const more = ['--probes', '2', '--min-coverage', '1', '--timeout-ms', '20000'];
  expect(await keysOf(way, [...near, ...options, ...more])).toHaveLength(3);
});

/** What the API says of each, word for word, and how the command ends. */
const refusals = [
  [['--vector', '[1,0]'], 2, 'DIMENSION_MISMATCH', 'near.vector'],
  [['--vector', '[1,'], 2, 'BAD_USER_INPUT', 'near.vector'],
  [['--vector', '[1,0,0]', '--key', 'solaris'], 2, 'BAD_USER_INPUT', 'near'],
  [['--key', 'nobody'], 4, 'BAD_USER_INPUT', 'near.key'],
  [['--key', 'k'.repeat(1_025)], 2, 'LIMIT_EXCEEDED', 'near.key'],
  [['--key', 'solaris', '--filter', '{"$or": []}'], 2, 'INVALID_FILTER', 'filter.$or'],
  [['--key', 'solaris', '--k', '10001'], 2, 'LIMIT_EXCEEDED', 'k'],
  [['--key', 'solaris', '--offset', '-1'], 2, 'BAD_USER_INPUT', 'offset'],
  [['--key', 'solaris', '--ef-search', '0'], 2, 'BAD_USER_INPUT', 'options.efSearch'],
] as const;

test.each(refusals)('search %j ends with %d', async (args, exit, code, argument) => {
  const { code: ended, stdout, stderr } = await search('byUrl', [...args, '--json']);

  expect({ ended, stdout }).toEqual({ ended: exit, stdout: '' });
  expect(JSON.parse(stderr)).toEqual({
    error: { code, argument, message: expect.stringMatching(/\S/) },
  });
});

onBothWays('what is wrong is one line, with the words and the code of the API', async (way) => {
  const { code, stdout, stderr } = await search(way, ['--vector', '[1,0]']);

  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'Collection "films" holds 3-dimensional vectors; near.vector has 2. (DIMENSION_MISMATCH)\n',
  });
});

test('a collection that is not there ends with 4', async () => {
  const args = ['search', '--collection', 'none', '--vector', '[1,0,0]', '--json'];
  const { code, stderr } = await subject.byUrl(args);

  expect({ code, ...(JSON.parse(stderr) as object) }).toEqual({
    code: 4,
    error: {
      code: 'COLLECTION_NOT_FOUND',
      message: `There is no collection "none" in bucket "${subject.bucket}".`,
    },
  });
});

test('a search that finds nothing is no failure', async () => {
  const { code, stdout } = await search('byUrl', ['--key', 'solaris', '--filter', '{"year": 1}']);

  expect({ code, stdout: stdout.replace(/[\d.]+ ms/, '1.0 ms') }).toEqual({
    code: 0,
    stdout: '0 matches; 3 of 3 shards, 1.0 ms\n',
  });
});

test('the vector can come from stdin, and the answer goes to stdout alone', async () => {
  const where = ['--collection', 'films', '--bucket', subject.bucket, '--url', subject.url];
  const args = ['search', ...where, '--vector', '-', '--k', '1', '--json'];
  const { code, stdout, stderr } = await runQuiver(args, { input: '[1,0,0]\n' });

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ matches: [{ record: { key: 'metropolis' } }] });
});
