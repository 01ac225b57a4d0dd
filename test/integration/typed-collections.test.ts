import type { JsonObject } from '../../schema/filter.ts';
import type { NewRecord } from '../../subgraphs/store.ts';
import { articlesSdl } from '../support/typed-sdl.ts';
import { openTyped, type TypedSubject } from '../support/typed-subject.ts';

let subject: TypedSubject;

beforeAll(async () => {
  subject = await openTyped(articlesSdl);
  await subject.upsert('docs', [...good, ...bad]);
});
afterAll(() => subject.close());

const record = (key: string, x: number, metadata: JsonObject): NewRecord => ({
  key,
  vector: Float32Array.of(x, 0),
  metadata,
});

const good = [
  record('a', 1, { title: 'Ada', year: 1843, tags: ['x', 'y'], page_url: '/ada', other: true }),
  record('b', 2, {
    title: 'Babbage',
    year: 1837,
    rating: null,
    author: { name: 'Charles', born: 1791 },
  }),
  record('c', 3, { title: 'Curie', year: 1898, draft: false, owner: 7, created: '2026-11-21' }),
  record('d', 4, {
    title: 'Darwin',
    rating: 4.5,
    editors: [{ name: 'Emma' }, { name: 'Wallace' }],
  }),
];

/** None of them is a Doc in whole. */
const bad = [
  record('untitled', 10, { year: 1900 }),
  record('numbered', 11, { title: 5 }),
  record('dated', 12, { title: 'Dated', year: 'MCM' }),
  record('tagged', 13, { title: 'Tagged', tags: ['x', 5] }),
];

async function ask(query: string, variables = {}): Promise<Readonly<Record<string, unknown>>> {
  const { data, errors } = await subject.execute(query, variables);
  expect(errors).toEqual([]);
  return data!;
}

/** The one error, as a program sees it. */
async function refusalOf(query: string, variables = {}): Promise<unknown> {
  const { errors } = await subject.execute(query, variables);
  expect(errors).toHaveLength(1);
  const { code, argument } = errors[0]!.extensions!;
  return { code, argument };
}

describe('a record', () => {
  test('is given out in its type, with what has no field as metadata', async () => {
    expect(
      await ask(`{ doc(id: "a") { id title year url tags draft author { name } vector
        other: metadata(keys: ["other"]) metadata } }`),
    ).toEqual({
      doc: {
        id: 'a',
        title: 'Ada',
        year: 1843,
        url: '/ada',
        tags: ['x', 'y'],
        draft: null,
        author: null,
        vector: [1, 0],
        other: { other: true },
        metadata: good[0]!.metadata,
      },
    });
  });

  test('shows objects, numbers as IDs, and moments as they are stored', async () => {
    const fields = 'author { name born } editors { name born } owner created rating builder';
    expect(
      await ask(
        `{ b: doc(id: "b") { ${fields} } c: doc(id: "c") { ${fields} } d: doc(id: "d") { ${fields} } }`,
      ),
    ).toMatchObject({
      b: { author: { name: 'Charles', born: 1791 }, builder: null },
      c: { author: null, owner: '7', created: '2026-11-21', editors: null },
      d: {
        rating: 4.5,
        editors: [
          { name: 'Emma', born: null },
          { name: 'Wallace', born: null },
        ],
      },
    });
  });

  test('that is not there is null, without an error', async () => {
    expect(await ask('{ doc(id: "nobody") { title } }')).toEqual({ doc: null });
  });

  test('that does not fit costs only itself, wherever it stands', async () => {
    const { data, errors } = await subject.execute(`{
      doc(id: "untitled") { title }
      docs(filter: { year: { eq: 1900 } }) { nodes { title } edges { node { id title } } }
      searchDocs(near: { vector: [10, 0] }, k: 2) { matches { distance record { title } } }
    }`);

    expect(data).toEqual({
      doc: null,
      docs: { nodes: [null], edges: [{ node: null }] },
      searchDocs: {
        matches: [
          { distance: 0, record: null },
          { distance: 1, record: null },
        ],
      },
    });
    expect(errors.map(({ extensions }) => extensions?.['code'])).toEqual(
      Array(5).fill('VALUE_MISMATCH'),
    );
    expect(new Set(errors.map(({ path }) => path?.join('.')))).toEqual(
      new Set([
        'doc.title',
        'docs.edges.0.node.title',
        'docs.nodes.0.title',
        'searchDocs.matches.0.record.title',
        'searchDocs.matches.1.record.title',
      ]),
    );
  });

  test('is null at the field, or the list, that may be null', async () => {
    const { data, errors } = await subject.execute(
      '{ dated: doc(id: "dated") { title year } tagged: doc(id: "tagged") { title tags } }',
    );

    expect(data).toEqual({
      dated: { title: 'Dated', year: null },
      tagged: { title: 'Tagged', tags: null },
    });
    expect(new Set(errors.map(({ path, message }) => [path?.join('.'), message]))).toEqual(
      new Set([
        [
          'dated.year',
          'Doc.year of record "dated" must be stored as a whole number of 32 bits (Int); got "MCM".',
        ],
        [
          'tagged.tags.1',
          'Doc.tags[1] of record "tagged" must be stored as a text (String); got 5.',
        ],
      ]),
    );
  });

  test('that does not fit is no error where nobody asks', async () => {
    expect(await ask('{ doc(id: "untitled") { id year } }')).toEqual({
      doc: { id: 'untitled', year: 1900 },
    });
  });
});

describe('a search', () => {
  test('gives typed records, by a typed filter', async () => {
    expect(
      await ask(`{ searchDocs(near: { vector: [0, 0] }, k: 2, offset: 1, filter: { title: { lt: "D" } }) {
        matches { distance score record { title } } hasMore metric coverage { fraction } cache { outcome }
      } }`),
    ).toMatchObject({
      searchDocs: {
        matches: [
          { distance: 2, score: 1 / 3, record: { title: 'Babbage' } },
          { distance: 3, score: 1 / 4, record: { title: 'Curie' } },
        ],
        hasMore: false,
        metric: 'L2',
        coverage: { fraction: 1 },
        cache: { outcome: 'BYPASS' },
      },
    });
  });

  test('goes on from a record to those like it', async () => {
    const near =
      'similar(k: 2, filter: { not: { year: { isNull: true } } }) { matches { record { title } } }';
    expect(await ask(`{ doc(id: "a") { title ${near} } }`)).toEqual({
      doc: {
        title: 'Ada',
        similar: { matches: [{ record: { title: 'Babbage' } }, { record: { title: 'Curie' } }] },
      },
    });
  });

  test('is refused by the names of its own arguments', async () => {
    const search = (args: string): string => `{ searchDocs(${args}) { hasMore } }`;
    const near = 'near: { vector: [0, 0] }';
    expect(await refusalOf(search('near: { vector: [1] }'))).toEqual({
      code: 'DIMENSION_MISMATCH',
      argument: 'near.vector',
    });
    expect(await refusalOf(search(`${near}, k: 0`))).toEqual({
      code: 'BAD_USER_INPUT',
      argument: 'k',
    });
    expect(
      await refusalOf(
        search(`${near}, filter: { or: [{ year: { eq: 1 } }, { year: { gt: null } }] }`),
      ),
    ).toEqual({
      code: 'INVALID_FILTER',
      argument: 'filter.or[1].year.gt',
    });
  });
});

describe('a page', () => {
  const titled = 'filter: { title: { in: ["Ada", "Babbage", "Curie", "Darwin"] } }';

  test('comes in the order of declared fields, over all pods, and goes on where it ended', async () => {
    const page = (after: string): string =>
      `{ docs(${titled}, orderBy: [{ field: year, direction: DESC }], first: 3${after}) {
        nodes { id year } pageInfo { endCursor hasNextPage hasPreviousPage } totalCount } }`;
    const first = await ask(page(''));
    const { endCursor } = (first['docs'] as { pageInfo: { endCursor: string } }).pageInfo;

    expect(first).toMatchObject({
      docs: {
        nodes: [{ id: 'c', year: 1898 }, { id: 'a' }, { id: 'b' }],
        pageInfo: { hasNextPage: true, hasPreviousPage: false },
        totalCount: 4,
      },
    });
    expect(await ask(page(`, after: "${endCursor}"`))).toMatchObject({
      docs: {
        nodes: [{ id: 'd', year: null }],
        pageInfo: { hasNextPage: false, hasPreviousPage: true },
        totalCount: 4,
      },
    });
  });

  test('comes in the order of ids, either way', async () => {
    const ids = (order: string): string => `docs(${titled}${order}) { nodes { id } }`;
    const asc = ['a', 'b', 'c', 'd'].map((id) => ({ id }));
    expect(
      await ask(`{ up: ${ids('')} down: ${ids(', orderBy: { field: id, direction: DESC }')} }`),
    ).toEqual({
      up: { nodes: asc },
      down: { nodes: asc.toReversed() },
    });
  });

  test.each<[string, readonly string[]]>([
    ['title: { startsWith: "B" }', ['b']],
    ['title: { like: "%ar%" }', ['d']],
    ['title: { ilike: "%A" }', ['a']],
    ['tags: { containsAny: ["y", "z"] }', ['a']],
    ['tags: { containsAll: ["x", "y"] }', ['a']],
    ['url: { eq: "/ada" }', ['a']],
    ['author: { born: { lt: 1800 } }', ['b']],
    ['author: { isNull: false }', ['b']],
    ['editors: { isNull: false }', ['d']],
    ['owner: { eq: "7" }', ['c']],
    ['owner: { eq: "7" }, not: { year: { isNull: true } }', ['c']],
    ['created: { isNull: false }', ['c']],
    ['draft: { eq: false }', ['c']],
    ['rating: { gte: 4.5 }', ['d']],
    ['or: [{ year: { lt: 1840 } }, { rating: { gt: 4 } }]', ['b', 'd']],
    ['year: { eq: null }, title: { eq: "Darwin" }', ['d']],
    ['year: { ne: 1843, lt: 1899 }', ['b', 'c']],
    ['title: { startsWith: "D" }, rating: { ne: 1 }', ['d']],
    ['title: { lt: "D" }, rating: { nin: [1] }', []],
  ])('has what matches {%s}', async (filter, ids) => {
    const { docs } = await ask(`{ docs(filter: { ${filter} }) { nodes { id } } }`);
    expect(docs).toEqual({ nodes: ids.map((id) => ({ id })) });
  });

  test('counts only when it is asked to', async () => {
    await ask('{ docs { nodes { id } } }');
    subject.statements();
    await ask('{ docs { nodes { id } } }');
    const uncounted = subject.statements();
    await ask('{ docs { nodes { id } totalCount } }');
    const counted = subject.statements();

    for (const [pod, count] of Object.entries(uncounted)) {
      expect(counted[pod]).toBeGreaterThan(count);
    }
  });
});
