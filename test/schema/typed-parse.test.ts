import { noTypedCollections } from '../../schema/typed/model.ts';
import { parseTypedCollections } from '../../schema/typed/parse.ts';
import { typedOf } from '../support/typed.ts';

test.each([[[]], [['']], [['# nothing yet\n,', '\uFEFF \n']]])('%j has no collections', (texts) => {
  const files = texts.map((text, i) => ({ name: `${i}.graphql`, text }));

  expect(parseTypedCollections(files)).toEqual(noTypedCollections);
});

test('a type is read with the defaults of its names and bucket', () => {
  const { collections, nested } = typedOf(
    'type Doc @collection(name: "a", dimension: 3) { id: ID! }',
  );

  expect(nested).toEqual([]);
  expect(collections).toEqual([
    {
      type: 'Doc',
      one: 'doc',
      many: 'docs',
      bucket: 'vecs',
      collection: 'a',
      dimension: 3,
      metric: null,
      description: null,
      directives: [],
      id: { description: null, directives: [] },
      fields: [],
      place: { file: 'docs.graphql', line: 1, column: 6 },
    },
  ]);
});

test('all of them can be given', () => {
  const { collections } = typedOf(
    'type Story @collection(name: "a", dimension: 3, bucket: "news", metric: L1, one: "tale", many: "Stories") { id: ID! }',
  );

  expect(collections).toMatchObject([
    { one: 'tale', many: 'Stories', bucket: 'news', metric: 'L1', collection: 'a' },
  ]);
});

test('the plural is made from the singular', () => {
  const { collections } = typedOf(
    'type Story @collection(name: "a", dimension: 3, one: "tale") { id: ID! }',
  );

  expect(collections).toMatchObject([{ one: 'tale', many: 'tales' }]);
});

test('fields are read with their types, keys and places', () => {
  const { collections } = typedOf(`
type Doc @collection(name: "docs", dimension: 3) {
  "The key."
  id: ID! @tag(name: "public")
  """
  What it
  is called.
  """
  title: String! @column(name: "page_title") @deprecated(reason: "long")
  tags: [String!]
}`);

  expect(collections[0]?.id).toEqual({
    description: 'The key.',
    directives: ['@tag(name: "public")'],
  });
  expect(collections[0]?.fields).toEqual([
    {
      name: 'title',
      key: 'page_title',
      isColumn: true,
      type: { kind: 'scalar', scalar: 'String', nonNull: true },
      description: 'What it\nis called.',
      directives: ['@deprecated(reason: "long")'],
      place: { file: 'docs.graphql', line: 9, column: 3 },
    },
    {
      name: 'tags',
      key: 'tags',
      isColumn: false,
      type: {
        kind: 'list',
        of: { kind: 'scalar', scalar: 'String', nonNull: true },
        nonNull: false,
      },
      description: null,
      directives: [],
      place: { file: 'docs.graphql', line: 10, column: 3 },
    },
  ]);
});

test('types of fields can stand in other files', () => {
  const { collections, nested } = parseTypedCollections([
    {
      name: 'docs.graphql',
      text: 'type Doc @collection(name: "a", dimension: 3) { id: ID! by: [Author!]! }',
    },
    { name: 'authors.graphql', text: '"Who." type Author @shareable { name: String! }' },
  ]);

  expect(collections[0]?.fields[0]?.type).toEqual({
    kind: 'list',
    of: { kind: 'object', name: 'Author', nonNull: true },
    nonNull: true,
  });
  expect(nested).toMatchObject([
    {
      name: 'Author',
      description: 'Who.',
      directives: ['@shareable'],
      fields: [{ name: 'name', key: 'name' }],
      place: { file: 'authors.graphql', line: 1, column: 13 },
    },
  ]);
});

test('two types can be one collection of two buckets', () => {
  const { collections } = typedOf(`
    type A @collection(name: "docs", dimension: 3) { id: ID! }
    type B @collection(name: "docs", dimension: 3, bucket: "other") { id: ID! }`);

  expect(collections).toHaveLength(2);
});

test('our own key may be written down, and those of other subgraphs pass through', () => {
  const { collections, nested } = typedOf(`
    type Doc @collection(name: "docs", dimension: 3)
      @key(fields: " id,")
      @key(fields: "url author { id }", resolvable: false) { id: ID! url: String author: Author }
    type Author @key(fields: "id", resolvable: false) { id: ID! }`);

  expect(collections[0]?.directives).toEqual([
    '@key(fields: "url author { id }", resolvable: false)',
  ]);
  expect(nested[0]?.directives).toEqual(['@key(fields: "id", resolvable: false)']);
});
