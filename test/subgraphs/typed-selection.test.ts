import { graphql } from 'graphql';
import { startCall } from '../../subgraphs/call.ts';
import type { Selection, VectorStore } from '../../subgraphs/store.ts';
import { buildVectorsSchema, createVectorsContext } from '../../subgraphs/vectors.ts';
import { createStubService } from '../support/stub-service.ts';
import { articlesSdl } from '../support/typed-sdl.ts';
import { typedOf } from '../support/typed.ts';

const schema = buildVectorsSchema(typedOf(articlesSdl('vecs')));

/** What the store is asked for, by method. */
async function asked(source: string, variableValues = {}): Promise<Record<string, Selection[]>> {
  const selections: Record<string, Selection[]> = {};
  const see = (method: string, select: Selection): void => {
    selections[method] = [...(selections[method] ?? []), select];
  };
  const store: Partial<VectorStore> = {
    fetch: async ({ keys, select }) => {
      see('fetch', select);
      return keys.map((key) => ({
        key,
        metadata: { title: 'One' },
        vector: Float32Array.of(1, 2),
      }));
    },
    scan: async ({ select }) => {
      see('scan', select);
      return { records: [], hasMore: false };
    },
    search: async ({ select }) => {
      see('search', select);
      return { matches: [], hasMore: false, shards: [], placementVersion: 1 };
    },
  };
  const call = startCall({ timeoutMs: 10_000, requestId: 'test' });
  const contextValue = createVectorsContext(createStubService(store), call);
  await graphql({ schema, source, variableValues, contextValue });
  call.end();
  return selections;
}

const select = (metadata: Selection['metadata'], vector = false): Selection => ({
  metadata,
  vector,
});

describe('of a typed record leaves the pod', () => {
  test.each<[string, string, Selection]>([
    ['nothing for its id', '{ doc(id: "1") { __typename id } }', select('none')],
    ['what is selected', '{ doc(id: "1") { title year } }', select(['title', 'year'])],
    ['what a column is called', '{ doc(id: "1") { url } }', select(['page_url'])],
    ['what has an alias', '{ doc(id: "1") { a: title b: title } }', select(['title'])],
    ['the whole key of an object', '{ doc(id: "1") { author { name } } }', select(['author'])],
    [
      'the keys of other metadata',
      '{ doc(id: "1") { title metadata(keys: ["z", "title"]) } }',
      select(['title', 'z']),
    ],
    ['all for all metadata', '{ doc(id: "1") { title metadata } }', select('all')],
    ['the vector', '{ doc(id: "1") { vector } }', select('none', true)],
    [
      'what a fragment has',
      '{ doc(id: "1") { ...F } } fragment F on Doc { title ... { year } }',
      select(['title', 'year']),
    ],
    [
      'not what is left out',
      '{ doc(id: "1") { id year @skip(if: true) ... @include(if: false) { title } vector @include(if: false) } }',
      select('none'),
    ],
    ['a key that every object has', '{ doc(id: "1") { builder } }', select(['constructor'])],
  ])('%s', async (_, source, expected) => {
    expect(await asked(source)).toEqual({ fetch: [expected] });
  });

  test('what variables say', async () => {
    const source = `query ($keys: [String!], $yes: Boolean!) {
      doc(id: "1") { year @include(if: $yes) title @skip(if: $yes) metadata(keys: $keys) } }`;
    expect(await asked(source, { keys: ['k'], yes: true })).toEqual({
      fetch: [select(['k', 'year'])],
    });
  });

  test('what matches show', async () => {
    const source = `{ searchDocs(near: { vector: [1, 2] }) {
      ... on DocSearchResult { matches { record { title } } } matches { record { year } } } }`;
    expect(await asked(source)).toEqual({ search: [select(['title', 'year'])] });
  });

  test('nothing for a search for those like it, but its vector', async () => {
    const source = '{ doc(id: "1") { similar { matches { distance record { tags } } } } }';
    expect(await asked(source)).toEqual({
      fetch: [select('none'), select('none', true)],
      search: [select(['tags'])],
    });
  });

  test('what nodes and edges of a page show together', async () => {
    const source = '{ docs { nodes { title } edges { cursor node { year } } } }';
    expect(await asked(source)).toEqual({ scan: [select(['title', 'year'])] });
  });

  test('what a reference of its type wants, together with others of the same collection', async () => {
    const source = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Doc { title } ... on VectorRecord { metadata(keys: ["z"]) } ... on VectorCollection { name } } }`;
    const doc = { __typename: 'Doc', id: '1' };
    const record = { __typename: 'VectorRecord', collection: 'docs', key: '2' };

    expect(await asked(source, { representations: [doc] })).toEqual({ fetch: [select(['title'])] });
    expect(await asked(source, { representations: [doc, record] })).toEqual({
      fetch: [select(['title', 'z'])],
    });
  });
});
