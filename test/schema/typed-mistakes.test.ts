import { problemsIn } from '../support/typed.ts';

const says = (sdl: string): string[] => problemsIn({ name: 'docs.graphql', text: sdl });

const doc = (settings: string): string => `type Doc @collection(${settings}) { id: ID! }`;
const settings = 'name: "docs", dimension: 3';

describe('what stands in a file', () => {
  test.each([
    ['docs.graphql:1:11 Syntax Error: Expected Name, found <EOF>.', 'type Doc {'],
    [
      'docs.graphql:2:17 Syntax Error: Expected ":", found Name "String".',
      `type Doc @collection(${settings}) {\n  id: ID! title String }`,
    ],
    ...(
      [
        ['interface type definition', 'interface Node { id: ID! }'],
        ['union type definition', 'union Any = A | B'],
        ['enum type definition', 'enum Kind { A B }'],
        ['input object type definition', 'input Filter { a: Int }'],
        ['scalar type definition', 'scalar Date'],
        ['directive definition', 'directive @collection on OBJECT'],
        ['object type extension', 'extend type Doc { year: Int }'],
        ['schema definition', 'schema { query: Query }'],
        ['operation definition', 'query { docs }'],
      ] as const
    ).map(([kind, sdl]) => [
      `docs.graphql:2:1 Only types of objects can stand here, such as type Doc @collection(...) { ... }; got: ${kind}.`,
      `# A comment.\n${sdl}`,
    ]),
    [
      'docs.graphql:1:1 Only types of objects can stand here, such as type Doc @collection(...) { ... }; got: schema extension. Directives of federation need no @link.',
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9")',
    ],
    [
      'docs.graphql:1:21 Doc must not implement anything; got Node.',
      `type Doc implements Node @collection(${settings}) { id: ID! }`,
    ],
    [
      'docs.graphql:2:6 A type must be declared once; Doc is at docs.graphql:1:6 already.',
      `${doc(settings)}\n${doc('name: "others", dimension: 3')}`,
    ],
    [
      'docs.graphql:2:6 Author must have @collection(name:, dimension:) or be the type of a field; it has neither.',
      `${doc(settings)}\ntype Author { name: String }`,
    ],
  ])('%s', (message, sdl) => {
    expect(says(sdl)).toEqual([message]);
  });
});

describe('@collection', () => {
  test.each([
    [
      'docs.graphql:1:10 Directive "@collection" argument "name" of type "String!" is required, but it was not provided.',
      'dimension: 3',
    ],
    [
      'docs.graphql:1:10 Directive "@collection" argument "dimension" of type "Int!" is required, but it was not provided.',
      'name: "docs"',
    ],
    ['docs.graphql:1:28 String cannot represent a non string value: 5', 'name: 5, dimension: 3'],
    [
      'docs.graphql:1:47 Int cannot represent non-integer value: "3"',
      'name: "docs", dimension: "3"',
    ],
    [
      'docs.graphql:1:47 Expected value of type "Int!", found null.',
      'name: "docs", dimension: null',
    ],
    ['docs.graphql:1:47 dimension must be from 1 to 16000; got 0.', 'name: "docs", dimension: 0'],
    [
      'docs.graphql:1:47 dimension must be from 1 to 16000; got 16001.',
      'name: "docs", dimension: 16001',
    ],
    ['docs.graphql:1:28 name must be at least one character; got "".', 'name: "", dimension: 3'],
    [
      'docs.graphql:1:28 name may have at most 63 bytes; got 64.',
      `name: "${'é'.repeat(32)}", dimension: 3`,
    ],
    [
      'docs.graphql:1:58 bucket must be a name that is not reserved; got "public".',
      `${settings}, bucket: "public"`,
    ],
    [
      'docs.graphql:1:58 Value "COSIN" does not exist in "VectorMetric" enum. Did you mean the enum value "COSINE"?',
      `${settings}, metric: COSIN`,
    ],
    [
      'docs.graphql:1:50 Unknown argument "metrics" on directive "@collection". Did you mean "metric"?',
      `${settings}, metrics: L2`,
    ],
    ['docs.graphql:1:50 There can be only one argument named "name".', `${settings}, name: "x"`],
    [
      'docs.graphql:1:55 one must be letters, digits and _, a letter first; got "my doc".',
      `${settings}, one: "my doc"`,
    ],
    [
      'docs.graphql:1:56 many must be letters, digits and _, a letter first; got "".',
      `${settings}, many: ""`,
    ],
  ])('%s', (message, given) => {
    expect(says(doc(given))).toEqual([message]);
  });
});

describe('directives of types', () => {
  const known = '@collection, @key, @tag, @shareable, @cost';
  const unused =
    'docs.graphql:1:6 Doc must have @collection(name:, dimension:) or be the type of a field; it has neither.';

  test.each([
    [
      `docs.graphql:1:11 A type can have ${known}; got @colection.`,
      'type Doc @colection(name: "docs", dimension: 3) { id: ID! }',
    ],
    [
      `docs.graphql:1:11 A type can have ${known}; got @column.`,
      'type Doc @column(name: "docs") { id: ID! }',
    ],
  ])('%s', (message, sdl) => {
    expect(says(sdl)).toEqual([unused, message]);
  });

  test.each([
    [
      'docs.graphql:1:50 The directive "@collection" can only be used once at this location.',
      `@collection(${settings})`,
    ],
    [
      `docs.graphql:1:51 A type can have ${known}; got @authenticated, which the gateway does not enforce.`,
      '@authenticated',
    ],
    [`docs.graphql:1:51 A type can have ${known}; got @inaccessible.`, '@inaccessible'],
    ['docs.graphql:1:61 String cannot represent a non string value: 5', '@tag(name: 5)'],
    [
      'docs.graphql:1:50 @key(fields: "url") needs "resolvable: false": a record is found by its id alone.',
      '@key(fields: "url")',
    ],
    [
      'docs.graphql:1:50 @key(fields: "id url") needs "resolvable: false": a record is found by its id alone.',
      '@key(fields: "id url")',
    ],
    [
      'docs.graphql:1:50 @key(fields: "id") is resolved here; leave out "resolvable: false".',
      '@key(fields: "id", resolvable: false)',
    ],
    [
      'docs.graphql:1:50 @key(fields: "ulr") must select fields of Doc; there is no "ulr".',
      '@key(fields: "ulr", resolvable: false)',
    ],
    [
      'docs.graphql:1:50 @key(fields: "}{") must select fields of Doc; got "}{".',
      '@key(fields: "}{", resolvable: false)',
    ],
    [
      'docs.graphql:1:50 @key(fields: "a: url") must select fields of Doc; got "a: url".',
      '@key(fields: "a: url", resolvable: false)',
    ],
    [
      'docs.graphql:1:50 @key(fields: "url { x }") must select nothing of Doc.url; it is no object.',
      '@key(fields: "url { x }", resolvable: false)',
    ],
  ])('%s', (message, directives) => {
    expect(says(`type Doc @collection(${settings}) ${directives} { id: ID! url: String }`)).toEqual(
      [message],
    );
  });
});

describe('names', () => {
  test.each([
    [
      'docs.graphql:1:6 The name of a type must not begin with Vector or _, nor have __ in it; got VectorDoc.',
      `type VectorDoc @collection(${settings}) { id: ID! }`,
    ],
    [
      'docs.graphql:1:6 The name of a type must not begin with Vector or _, nor have __ in it; got federation__Doc.',
      `type federation__Doc @collection(${settings}) { id: ID! }`,
    ],
    ...[
      'Query',
      'Mutation',
      'Subscription',
      'PageInfo',
      'VectorMetric',
      'JSON',
      'DateTime',
      'ID',
    ].map((name) => [
      `docs.graphql:1:6 A type must have a name of its own; Quiver has ${name}.`,
      `type ${name} @collection(${settings}) { id: ID! }`,
    ]),
    [
      'docs.graphql:1:6 What is made for Doc must have names of its own; DocFilter (docs.graphql:1:81) has DocFilter. Rename the type, or choose others with one: and many:.',
      `type Doc @collection(${settings}) { id: ID! of: DocFilter } type DocFilter { a: Int }`,
    ],
    [
      'docs.graphql:2:6 What is made for Author must have names of its own; AuthorInput (docs.graphql:3:6) has AuthorInput. Rename the type.',
      `type Doc @collection(${settings}) { id: ID! a: Author i: AuthorInput }\ntype Author { name: String }\ntype AuthorInput { name: String }`,
    ],
    [
      'docs.graphql:2:6 What is made for Page must have names of its own; Doc (docs.graphql:1:6) has Query.docs, Query.doc. Rename the type, or choose others with one: and many:.',
      `${doc(settings)}\ntype Page @collection(name: "pages", dimension: 3, one: "docs", many: "doc") { id: ID! }`,
    ],
    [
      'docs.graphql:1:6 What is made for Doc must have names of its own; Doc (docs.graphql:1:6) has Query.docs. Rename the type, or choose others with one: and many:.',
      doc(`${settings}, one: "docs", many: "docs"`),
    ],
    [
      'docs.graphql:1:6 What is made for Doc must have names of its own; Quiver has Query.searchVectors, Mutation.upsertVectors, Mutation.deleteVectors, UpsertVectorsPayload, DeleteVectorsPayload. Rename the type, or choose others with one: and many:.',
      doc(`${settings}, many: "Vectors"`),
    ],
    [
      'docs.graphql:2:6 A collection must have one type; "docs" of bucket "vecs" has Doc (docs.graphql:1:6).',
      `${doc(settings)}\ntype Page @collection(${settings}, bucket: "vecs") { id: ID! }`,
    ],
  ])('%s', (message, sdl) => {
    expect(says(sdl)).toEqual([message]);
  });
});
