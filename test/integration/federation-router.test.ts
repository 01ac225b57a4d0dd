import { startLiveGateway, type LiveGateway } from '../support/live-gateway.ts';
import { startOtherTeam, type OtherTeam } from '../support/other-team.ts';
import { openOuterRouter, type OuterRouter } from '../support/outer-router.ts';
import { line } from '../support/store-calls.ts';
import { openTyped, type TypedSubject } from '../support/typed-subject.ts';

const collections = (bucket: string): string => `
  type Doc @collection(name: "docs", bucket: "${bucket}", dimension: 2, metric: L2) {
    id: ID!
    title: String
    n: Int
    secret: String @inaccessible
  }
`;

/** Articles, which are about docs, come from records, and add a field to docs. */
const articles = `
  type Query { article(id: ID!): Article }
  type Article @key(fields: "id") { id: ID! headline: String about: Doc source: VectorRecord }
  type Doc @key(fields: "id") { id: ID! n: Int @external readers: Int square: Int @requires(fields: "n") }
  type VectorRecord @key(fields: "bucket collection key", resolvable: false) {
    bucket: String! collection: String! key: ID!
  }
`;

let subject: TypedSubject;
let team: OtherTeam;
let gateway: LiveGateway;
let router: OuterRouter;

const resolvers = {
  Query: {
    article: (_: unknown, { id }: { id: string }) => ({
      id,
      headline: `About ${id}`,
      about: { id },
      source: { bucket: subject.bucket, collection: 'docs', key: id },
    }),
  },
  Doc: {
    __resolveReference: (doc: { id: string; n?: number }) => doc,
    readers({ id }: { id: string }) {
      if (id === '3') throw new Error('the counter is broken');
      return 100;
    },
    square: ({ n }: { n?: number }) => (n === undefined ? null : n * n),
  },
};

beforeAll(async () => {
  subject = await openTyped(collections);
  const records = line(6).map((record) => ({
    ...record,
    metadata: { ...record.metadata, title: `Title ${record.key}`, secret: 'hunter2' },
  }));
  await subject.upsert('docs', records);
  team = await startOtherTeam(articles, resolvers);
  gateway = await startLiveGateway({
    service: subject.service,
    files: { 'docs.graphql': collections(subject.bucket) },
    subgraphs: [],
  });
  router = await openOuterRouter([
    { name: 'quiver', url: `${gateway.url}/subgraph` },
    { name: 'articles', url: team.url },
  ]);
});
afterAll(async () => {
  await router?.close();
  await gateway?.close();
  await team?.down();
  await subject?.close();
});

describe("a plain Apollo Gateway over our subgraph and another team's", () => {
  test('resolves our entities from their references', async () => {
    const query = `{
      article(id: "2") { headline about { title n } source { metadata(keys: ["title"]) vector } }
    }`;

    expect(await router.ask(query)).toEqual({
      data: {
        article: {
          headline: 'About 2',
          about: { title: 'Title 2', n: 2 },
          source: { metadata: { title: 'Title 2' }, vector: [3, 0] },
        },
      },
    });
  });

  test('gives null without an error for a reference to what is not there', async () => {
    const query = '{ article(id: "none") { headline source { metadata } about { title } } }';

    expect(await router.ask(query)).toEqual({
      data: {
        article: { headline: 'About none', source: { metadata: null }, about: { title: null } },
      },
    });
  });

  test('searches from their entities, and has their fields on what is found', async () => {
    const query = `{
      article(id: "0") { about { similar(k: 2, filter: { n: { gte: 2 } }) {
        matches { distance record { title readers square } } coverage { fraction }
      } } }
    }`;

    expect(await router.ask(query)).toMatchObject({
      data: {
        article: {
          about: {
            similar: {
              matches: [
                { distance: 2, record: { title: 'Title 2', readers: 100, square: 4 } },
                { distance: 3, record: { title: 'Title 3', readers: null, square: 9 } },
              ],
              coverage: { fraction: 1 },
            },
          },
        },
      },
      // Theirs, of one match, at its place.
      errors: [{ path: ['article', 'about', 'similar', 'matches', 1, 'record', 'readers'] }],
    });
  });

  test('writes through our mutations, one after the other', async () => {
    const mutation = `mutation ($bucket: String!) {
      a: upsertDocs(records: [{ id: "new", vector: [9, 9], title: "New" }]) { upsertedCount }
      b: upsertVectors(bucket: $bucket, collection: "docs", records: [{ key: "raw", vector: [8, 8] }]) { upsertedCount }
      c: deleteDocs(ids: ["raw"]) { deletedCount }
    }`;

    expect(await router.ask(mutation, { bucket: subject.bucket })).toEqual({
      data: { a: { upsertedCount: 1 }, b: { upsertedCount: 1 }, c: { deletedCount: 1 } },
    });
    expect(
      await router.ask('{ new: doc(id: "new") { title } raw: doc(id: "raw") { id } }'),
    ).toEqual({
      data: { new: { title: 'New' }, raw: null },
    });
  });

  test('does not see what is inaccessible', async () => {
    const query = `{
      doc(id: "1") { secret }
      docs(filter: { secret: { eq: "hunter2" } }) { nodes { id } }
      vectorPlacement(collection: "docs")
    }`;
    const hidden = await router.ask(query);
    const argument = await router.ask(
      'mutation { deleteVectors(collection: "docs", keys: ["1"], version: 1) { deletedCount } }',
    );

    expect(hidden.errors?.map(({ message }) => message)).toEqual([
      'Cannot query field "secret" on type "Doc".',
      'Field "secret" is not defined by type "DocFilter".',
      expect.stringContaining('Cannot query field "vectorPlacement" on type "Query".'),
    ]);
    expect(argument.errors).toMatchObject([
      { message: 'Unknown argument "version" on field "Mutation.deleteVectors".' },
    ]);
  });

  test('keeps our fields while they are down, and theirs while we are', async () => {
    await team.down();
    expect(await router.ask('{ doc(id: "1") { title readers } }')).toMatchObject({
      data: { doc: { title: 'Title 1', readers: null } },
    });
    await team.up();

    await gateway.close();
    expect(await router.ask('{ article(id: "1") { headline about { id title } } }')).toMatchObject({
      data: { article: { headline: 'About 1', about: { id: '1', title: null } } },
    });
  });
});
