import { onBothWays, openCommandSubject } from '../support/command-subject.ts';
import type { CommandSubject, Way } from '../support/command-subject.ts';
import { upsertDocument } from '../conformance/subject.ts';

let subject: CommandSubject;
beforeAll(async () => {
  subject = await openCommandSubject();
});
afterAll(() => subject.close());

/** The standard output of a command that must succeed. */
async function done(way: Way, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await subject[way](args);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const json = async (way: Way, args: readonly string[]): Promise<unknown> =>
  JSON.parse(await done(way, [...args, '--json']));

onBothWays('a collection is made, listed, shown and deleted', async (way) => {
  const name = `made_${way}`;
  const metric = ['--metric', 'l2', '--element-type', 'float16', '--non-filterable', 'text,raw'];
  const create = ['collection', 'create', name, '--dimension', '3', ...metric, '--pods', 'pod-a'];

  expect(await json(way, create)).toMatchObject({
    created: true,
    collection: { name, dimension: 3, metric: 'L2', elementType: 'FLOAT16' },
  });
  expect(await done(way, [...create, '--if-not-exists'])).toBe(
    `${name} was there already: 3 dimensions, L2, FLOAT16, on pod-a.\n`,
  );
  expect(await json(way, ['collections', '--prefix', name])).toEqual({
    nodes: [
      {
        bucket: subject.bucket,
        name,
        dimension: 3,
        metric: 'L2',
        elementType: 'FLOAT16',
        count: 0,
        shards: [{ pod: 'pod-a', slotCount: 1024 }],
        indexes: [],
      },
    ],
    coverage: { fraction: 1, shardCount: 3, answeredCount: 3, failures: [] },
  });
  expect((await done(way, ['collections', '--prefix', name])).split('\n')).toEqual([
    expect.stringMatching(/^BUCKET +NAME +DIMENSION +METRIC +TYPE +ROWS +SHARDS +INDEXES$/),
    expect.stringMatching(new RegExp(`${name} +3 +L2 +FLOAT16 +0 +1 +none$`)),
    '',
  ]);
  expect(await json(way, ['collection', 'show', name])).toMatchObject({
    name,
    nonFilterableKeys: ['text', 'raw'],
    shards: [{ pod: 'pod-a', slotCount: 1024, count: 0, bytes: expect.any(Number) }],
  });
  expect(await done(way, ['collection', 'show', name])).toContain('not filterable  text, raw\n');
  expect(await json(way, ['collection', 'delete', name, '--yes'])).toEqual({ deleted: true });

  const gone = await subject[way](['collection', 'show', name]);
  expect(gone).toEqual({
    code: 4,
    stdout: '',
    stderr: `There is no collection "${name}" in bucket "${subject.bucket}". (COLLECTION_NOT_FOUND)\n`,
  });
});

onBothWays('an index is built on every shard, seen, and dropped', async (way) => {
  const name = `indexed_${way}`;
  await done(way, ['collection', 'create', name, '--dimension', '3']);
  const build = ['collection', 'index', name, '--m', '8', '--ef-construction', '32'];

  expect(await done(way, build)).toBe(
    'HNSW index of COSINE: pod-a READY, pod-b READY, pod-c READY.\n',
  );
  expect(await done(way, ['collections', '--prefix', name])).toContain('HNSW COSINE READY\n');
  expect(await done(way, ['collection', 'show', name])).toMatch(
    /HNSW COSINE +m=8 efConstruction=32 +pod-c +READY +[\d.]+ kB +\w+\n/,
  );
  const lists = ['--method', 'ivfflat', '--metric', 'l2', '--lists', '5', '--no-wait'];
  expect(await json(way, ['collection', 'index', name, ...lists])).toMatchObject({
    index: {
      method: 'IVFFLAT',
      metric: 'L2',
      options: { lists: 5 },
      shards: ['pod-a', 'pod-b', 'pod-c'].map((pod) => expect.objectContaining({ pod })),
    },
  });

  const drop = ['collection', 'drop-index', name];
  expect(await json(way, drop)).toEqual({ dropped: true });
  expect(await done(way, drop)).toBe(`${name} had no HNSW index.\n`);
});

test('how far each shard is stands on stderr, and not in the answer', async () => {
  await done('byUrl', ['collection', 'create', 'watched', '--dimension', '128']);
  const records = Array.from({ length: 900 }, (_, i) => ({
    key: String(i),
    vector: Array.from({ length: 128 }, (_value, j) => Math.sin(i * 128 + j)),
  }));
  await subject.ask(upsertDocument, { collection: 'watched', records });

  const { code, stdout, stderr } = await subject.byUrl(['collection', 'index', 'watched']);

  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: 'HNSW index of COSINE: pod-a READY, pod-b READY, pod-c READY.\n',
  });
  const lines = stderr.split('\n').filter((line) => line !== '');
  expect(lines.filter((line) => !/^pod-[abc]: (BUILDING \d+ %|READY|INVALID)$/.test(line))).toEqual(
    [],
  );
});

test.each([
  ['create', ['create', 'x', '--dimension', '0'], 2, 'BAD_USER_INPUT', 'input.dimension'],
  ['create', ['create', 'x', '--dimension', '16001'], 2, 'LIMIT_EXCEEDED', 'input.dimension'],
  ['show', ['show', 'none'], 4, 'COLLECTION_NOT_FOUND', undefined],
  ['delete', ['delete', 'none', '--yes'], 4, 'COLLECTION_NOT_FOUND', undefined],
  ['delete', ['delete', 'none'], 2, 'BAD_USER_INPUT', undefined],
  ['index', ['index', 'none'], 4, 'COLLECTION_NOT_FOUND', undefined],
  ['drop-index', ['drop-index', 'none'], 4, 'COLLECTION_NOT_FOUND', undefined],
])('%s is refused as the API refuses it: %j', async (_name, args, exit, code, argument) => {
  const ended = await subject.byUrl(['collection', ...args, '--json']);

  expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: exit, stdout: '' });
  const { error } = JSON.parse(ended.stderr) as { error: { code: string; argument?: string } };
  expect({ code: error.code, argument: error.argument }).toEqual({ code, argument });
});

test('what cannot be built, or be made twice, ends with its reason', async () => {
  await done('byUrl', ['collection', 'create', 'other', '--dimension', '3', '--metric', 'l1']);

  expect(await subject.byUrl(['collection', 'index', 'other', '--m', '1'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'input.m must be a number from 2 to 100; got 1. (BAD_USER_INPUT)\n',
  });
  expect(
    await subject.byUrl(['collection', 'create', 'other', '--dimension', '3', '--metric', 'l1']),
  ).toEqual({
    code: 1,
    stdout: '',
    stderr: `Collection "other" is already in bucket "${subject.bucket}". (COLLECTION_EXISTS)\n`,
  });
});

test('what a terminal would obey is said without, and given to programs as it is', async () => {
  const key = 'red\u001b[31m';
  const create = ['collection', 'create', 'coloured', '--dimension', '3', '--non-filterable', key];
  await done('byUrl', create);
  const show = ['collection', 'show', 'coloured'];

  expect(await done('byUrl', show)).toContain('not filterable  red [31m\n');
  expect(await json('byUrl', show)).toMatchObject({ nonFilterableKeys: [key] });
});

test('all pages of a listing are one', async () => {
  const names = Array.from({ length: 101 }, (_, i) => `page_${String(i).padStart(3, '0')}`);
  const create = `mutation ($input: CreateVectorCollectionInput!) {
    createVectorCollection(input: $input) { created }
  }`;
  for (const name of names) {
    const input = { name, bucket: subject.bucket, dimension: 1, pods: ['pod-a'] };
    await subject.ask(create, { input });
  }

  const listed = (await json('byUrl', ['collections', '--prefix', 'page_'])) as {
    nodes: { name: string }[];
  };
  expect(listed.nodes.map(({ name }) => name)).toEqual(names);
});
