import { articlesSdl } from '../support/typed-sdl.ts';
import { openTyped, type TypedSubject } from '../support/typed-subject.ts';

let subject: TypedSubject;

beforeAll(async () => {
  subject = await openTyped(articlesSdl);
});
afterAll(() => subject.close());

const upsertDocument =
  'mutation ($records: [DocInput!]!) { upsertDocs(records: $records) { upsertedCount } }';

async function ask(query: string, variables = {}): Promise<Readonly<Record<string, unknown>>> {
  const { data, errors } = await subject.execute(query, variables);
  expect(errors).toEqual([]);
  return data!;
}

const upsert = (...records: readonly object[]): Promise<unknown> =>
  ask(upsertDocument, { records });

/** The one error, as a program sees it, and whether its message speaks of the same place. */
async function refusalOf(query: string, variables = {}): Promise<unknown> {
  const { errors } = await subject.execute(query, variables);
  expect(errors).toHaveLength(1);
  const { message, extensions } = errors[0]!;
  const argument = String(extensions?.['argument']);
  expect(message).toContain(argument.replace(/\.id$/, ''));
  return [extensions?.['code'], argument];
}

const vector = [1, 0];
const draft = (id: string, more: object = {}): object => ({ id, vector, title: id, ...more });

/** As everybody sees it, with nothing typed in between. */
async function stored(key: string): Promise<unknown> {
  const { vectorRecord } = await ask(
    `query ($bucket: String!, $key: ID!) {
      vectorRecord(collection: "docs", bucket: $bucket, key: $key) { vector metadata } }`,
    { bucket: subject.bucket, key },
  );
  return vectorRecord;
}

describe('an upsert', () => {
  test('stores declared fields by their keys, beside metadata that has no field', async () => {
    const full = draft('full', {
      url: '/full',
      year: 5,
      draft: null,
      created: '2026-11-21T10:00:00+02:00',
      owner: 7,
      tags: ['x'],
      author: { name: 'Ada', born: null },
      editors: [{ name: 'Emma' }],
      builder: 'c',
      metadata: { url: 'no field of this key', ['__proto__']: 1, deep: { a: [1] } },
    });

    expect(await upsert(full, draft('bare'))).toEqual({ upsertDocs: { upsertedCount: 2 } });
    expect(await stored('bare')).toEqual({ vector, metadata: { title: 'bare' } });
    expect(await stored('full')).toEqual({
      vector,
      metadata: {
        title: 'full',
        page_url: '/full',
        year: 5,
        draft: null,
        created: '2026-11-21T08:00:00.000Z',
        owner: '7',
        tags: ['x'],
        author: { name: 'Ada', born: null },
        editors: [{ name: 'Emma' }],
        constructor: 'c',
        url: 'no field of this key',
        ['__proto__']: 1,
        deep: { a: [1] },
      },
    });
  });

  test('replaces the whole record', async () => {
    await upsert(draft('again', { year: 5, metadata: { other: 1 } }));
    await upsert(draft('again'));
    expect(await stored('again')).toEqual({ vector, metadata: { title: 'again' } });
  });

  test('can be read back, and found, as it was given', async () => {
    await upsert(
      draft('read', { created: '2026-11-21', author: { name: 'Ada' }, reviewers: ['1', 'b'] }),
    );
    const filter =
      '{ created: { eq: "2026-11-21T00:00:00Z" }, reviewers: { containsAll: ["b", "1"] } }';
    expect(
      await ask(`{ docs(filter: ${filter}) { nodes { id created author { name born } } } }`),
    ).toEqual({
      docs: {
        nodes: [
          { id: 'read', created: '2026-11-21T00:00:00.000Z', author: { name: 'Ada', born: null } },
        ],
      },
    });
  });

  test.each<[string, object, string, string]>([
    ['an id of nothing', { id: '' }, 'BAD_USER_INPUT', 'records[1].id'],
    ['an id too long', { id: 'x'.repeat(1_025) }, 'LIMIT_EXCEEDED', 'records[1].id'],
    ['an id given before', { id: 'first' }, 'BAD_USER_INPUT', 'records[1].id'],
    ['a vector of another dimension', { vector: [1] }, 'DIMENSION_MISMATCH', 'records[1].vector'],
    ['a vector that is none', { vector: [1, 'x'] }, 'BAD_USER_INPUT', 'records[1].vector[1]'],
    ['text that cannot be stored', { title: '\0' }, 'BAD_USER_INPUT', 'records[1].title'],
    ['the same in a column', { url: '\0' }, 'BAD_USER_INPUT', 'records[1].url'],
    ['the same in a list', { tags: ['a', '\0'] }, 'BAD_USER_INPUT', 'records[1].tags[1]'],
    [
      'the same inside',
      { editors: [{ name: '\0' }] },
      'BAD_USER_INPUT',
      'records[1].editors[0].name',
    ],
    ['no moment', { created: '2026-11-21T10:00:00' }, 'BAD_USER_INPUT', 'records[1].created'],
    ['metadata that is no object', { metadata: 5 }, 'BAD_USER_INPUT', 'records[1].metadata'],
    [
      'a field in the metadata',
      { metadata: { a: 1, year: 5 } },
      'BAD_USER_INPUT',
      'records[1].metadata.year',
    ],
    [
      'a column in the metadata',
      { metadata: { page_url: 5 } },
      'BAD_USER_INPUT',
      'records[1].metadata.page_url',
    ],
    [
      'other metadata that cannot be stored',
      { metadata: { a: ['\0'] } },
      'BAD_USER_INPUT',
      'records[1].metadata.a[0]',
    ],
    ['too much', { title: 'x'.repeat(41_000) }, 'LIMIT_EXCEEDED', 'records[1].metadata'],
  ])('with %s writes nothing', async (_, more, code, argument) => {
    const records = [draft('first'), draft('second', more)];
    expect(await refusalOf(upsertDocument, { records })).toEqual([code, argument]);
    expect(await stored('first')).toBeNull();
  });

  test('of too many records is refused', async () => {
    const records = Array.from({ length: 1_001 }, (_, i) => draft(`many${i}`));
    expect(await refusalOf(upsertDocument, { records })).toEqual(['LIMIT_EXCEEDED', 'records']);
  });
});

describe('a deletion', () => {
  test('takes ids, or a typed filter', async () => {
    await upsert(draft('x1'), draft('x2'), draft('x3', { url: '/x' }), draft('x4', { url: '/x' }));

    expect(
      await ask('mutation { deleteDocs(ids: ["x1", "x1", "nobody"]) { deletedCount } }'),
    ).toEqual({
      deleteDocs: { deletedCount: 1 },
    });
    expect(
      await ask('mutation { deleteDocs(filter: { url: { eq: "/x" } }) { deletedCount } }'),
    ).toEqual({
      deleteDocs: { deletedCount: 2 },
    });
    expect(await ask('{ docs(filter: { title: { startsWith: "x" } }) { nodes { id } } }')).toEqual({
      docs: { nodes: [{ id: 'x2' }] },
    });
  });

  test.each([
    ['', 'BAD_USER_INPUT', 'ids'],
    ['(ids: null)', 'BAD_USER_INPUT', 'ids'],
    ['(ids: ["a"], filter: { year: { eq: 1 } })', 'BAD_USER_INPUT', 'ids'],
    ['(ids: ["a", ""])', 'BAD_USER_INPUT', 'ids[1]'],
    ['(filter: {})', 'INVALID_FILTER', 'filter'],
    ['(filter: { or: [{}] })', 'INVALID_FILTER', 'filter.or[0]'],
    ['(filter: { year: {} })', 'INVALID_FILTER', 'filter.year'],
    ['(filter: { author: {} })', 'INVALID_FILTER', 'filter.author'],
  ])('that is %j is refused', async (args, code, argument) => {
    await upsert(draft('kept'));
    expect(await refusalOf(`mutation { deleteDocs${args} { deletedCount } }`)).toEqual([
      code,
      argument,
    ]);
    expect(await stored('kept')).not.toBeNull();
  });

  test('of too many ids is refused', async () => {
    const ids = Array.from({ length: 1_001 }, (_, i) => String(i));
    const query = 'mutation ($ids: [ID!]) { deleteDocs(ids: $ids) { deletedCount } }';
    expect(await refusalOf(query, { ids })).toEqual(['LIMIT_EXCEEDED', 'ids']);
  });
});
