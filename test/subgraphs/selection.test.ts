import { graphql } from 'graphql';
import { recordSelection } from '../../subgraphs/selection.ts';
import type { Selection } from '../../subgraphs/store.ts';
import { buildVectorsSchema } from '../../subgraphs/vectors.ts';

/** What `recordSelection` says of a query for matches, inside `searchVectors`. */
async function selectionOf(matches: string, variables = {}): Promise<Selection | undefined> {
  const schema = buildVectorsSchema();
  let selection: Selection | undefined;
  schema.getQueryType()!.getFields()['searchVectors']!.resolve = (
    _source,
    _args,
    _context,
    info,
  ) => {
    selection = recordSelection(info, ['matches', 'record']);
    return null;
  };
  const { errors } = await graphql({
    schema,
    source: `query ($yes: Boolean = true, $keys: [String!]) {
      searchVectors(collection: "c", near: { vector: [1] }) { ${matches} }
    } fragment Aliased on VectorRecord { aliased: metadata }`,
    variableValues: variables,
  });
  expect(errors).toBeUndefined();
  return selection;
}

/** Every fragment must be used in a valid query. */
const used =
  'hasMore matches { record { ... on VectorRecord @skip(if: $yes) { ...Aliased } k: metadata(keys: $keys) @skip(if: $yes) } }';

describe('what leaves the database', () => {
  test.each<[string, string, Selection]>([
    ['only keys and distances', 'matches { distance record { key } }', none({})],
    ['all metadata', 'matches { record { metadata } }', none({ metadata: 'all' })],
    [
      'the metadata keys of all places together',
      'matches { record { metadata(keys: ["b", "a"]) b: metadata(keys: ["c"]) } }',
      none({ metadata: ['a', 'b', 'c'] }),
    ],
    [
      'all metadata, when one place wants all',
      'matches { record { metadata(keys: ["a"]) all: metadata } }',
      none({ metadata: 'all' }),
    ],
    ['the vector as a list', 'matches { record { vector } }', none({ vector: true })],
    ['the vector as base64', 'matches { record { vectorBase64 } }', none({ vector: true })],
    ['what a fragment selects', 'matches { record { ...Aliased } }', none({ metadata: 'all' })],
    [
      'nothing that a directive leaves out',
      'matches { record { vector @include(if: false) ... @skip(if: $yes) { metadata } } }',
      none({}),
    ],
  ])('is %s', async (_, matches, expected) => {
    expect(await selectionOf(`${matches} ${used}`)).toEqual(expected);
  });

  test('is what variables name', async () => {
    const keys = 'matches { record { k: metadata(keys: $keys) } }';
    const skipped = 'hasMore matches { record { ...Aliased @skip(if: $yes) } }';
    const selection = await selectionOf(`${keys} ${skipped}`, { keys: ['year', 'a\u0000'] });
    expect(selection).toEqual({ metadata: ['year'], vector: false });
  });
});

function none(part: Partial<Selection>): Selection {
  return { metadata: 'none', vector: false, ...part };
}
