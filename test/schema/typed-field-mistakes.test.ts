import { problemsIn } from '../support/typed.ts';

const says = (sdl: string): string[] => problemsIn({ name: 'docs.graphql', text: sdl });

const collection = '@collection(name: "docs", dimension: 3)';

describe('id', () => {
  const needed = 'Doc must have the field "id: ID!", the key of its record';

  test.each([
    [`docs.graphql:1:6 ${needed}; got none.`, `type Doc ${collection} { title: String }`],
    [`docs.graphql:1:6 ${needed}; got none.`, `type Doc ${collection}`],
    [`docs.graphql:2:5 ${needed}; got "id: ID".`, `type Doc ${collection} {\nid: ID }`],
    [`docs.graphql:2:5 ${needed}; got "id: String!".`, `type Doc ${collection} {\nid: String! }`],
    [
      "docs.graphql:2:9 @column is for metadata; Doc.id is the record's key.",
      `type Doc ${collection} {\nid: ID! @column(name: "key") }`,
    ],
  ])('%s', (message, sdl) => {
    expect(says(sdl)).toEqual([message]);
  });
});

describe('fields of a collection', () => {
  const needed =
    'must be Int, Float, Boolean, String, ID, DateTime, an object type of these files, or a list of one of them';
  const taken =
    'must have another name: vector, metadata, similar, and, or, not, true, false, null and what begins with __ are taken';
  const known =
    '@column, @tag, @shareable, @inaccessible, @override, @cost, @listSize, @deprecated';

  test.each([
    [`docs.graphql:3:7 Doc.year ${needed}; got Integer.`, 'year: Integer'],
    [`docs.graphql:3:9 Doc.years ${needed}; got Integer.`, 'years: [Integer!]!'],
    [`docs.graphql:3:6 Doc.vec ${needed}; got Vector.`, 'vec: Vector'],
    [
      'docs.graphql:3:8 Doc.tags must be a list of scalars or objects; got [[String!]].',
      'tags: [[String!]]',
    ],
    [
      'docs.graphql:3:8 Doc.page must be a part of the record; Page is a collection of its own. Keep its id here, and let another subgraph refer to it.',
      'page: [Page!] } type Page @collection(name: "pages", dimension: 3) { id: ID!',
    ],
    ['docs.graphql:3:7 Doc.title must have no arguments; got "in".', 'title(in: String): String'],
    [
      'docs.graphql:3:15 A field must be declared once; Doc.title is there already.',
      'title: String title: Int',
    ],
    ...['vector', 'metadata', 'similar', 'and', 'or', 'not', 'true', 'false', 'null', '__a'].map(
      (name) => [`docs.graphql:3:1 Doc.${name} ${taken}.`, `${name}: Int`],
    ),
    [
      'docs.graphql:3:1 Doc.constructor must have another name: every object of JavaScript has "constructor".',
      'constructor: String',
    ],
    [
      'docs.graphql:3:15 @column(name:) must be at least one character; got "".',
      'title: String @column(name: "")',
    ],
    [
      'docs.graphql:3:15 @column(name:) must not begin with $, as the operators of filters do; got "$price".',
      'title: String @column(name: "$price")',
    ],
    [
      'docs.graphql:3:15 @column(name:) must be text without NUL and lone surrogates; got "\\u0000".',
      'title: String @column(name: "\\u0000")',
    ],
    [
      'docs.graphql:3:15 Directive "@column" argument "name" of type "String!" is required, but it was not provided.',
      'title: String @column',
    ],
    [
      'docs.graphql:3:15 Doc.text must have a key of its own; "title" is that of Doc.title (docs.graphql:3:1).',
      'title: String text: String @column(name: "title")',
    ],
    [
      `docs.graphql:3:16 A field can have ${known}; got @colunm.`,
      'title: String @colunm(name: "a")',
    ],
    [
      `docs.graphql:3:16 A field can have ${known}; got @collection.`,
      'title: String @collection(name: "a", dimension: 3)',
    ],
    [`docs.graphql:3:16 A field can have ${known}; got @external.`, 'title: String @external'],
    [
      `docs.graphql:3:16 A field can have ${known}; got @policy, which the gateway does not enforce.`,
      'title: String @policy(policies: [["a"]])',
    ],
    [
      'docs.graphql:3:29 Int cannot represent non-integer value: "3"',
      'title: String @cost(weight: "3")',
    ],
  ])('%s', (message, fields) => {
    expect(says(`type Doc ${collection} {\nid: ID!\n${fields} }`)).toEqual([message]);
  });
});

describe('nested types', () => {
  const doc = `type Doc ${collection} { id: ID! author: Author }\n`;

  test.each([
    ['docs.graphql:2:6 Author must have at least one field; got none.', 'type Author'],
    [
      'docs.graphql:2:15 Author.isNull must have another name: isNull and what begins with __ are taken.',
      'type Author { isNull: Boolean }',
    ],
    [
      'docs.graphql:2:28 @column is for the fields of a collection; those of Author are the keys of an object inside of it.',
      'type Author { name: String @column(name: "n") }',
    ],
    [
      'docs.graphql:2:13 @key(fields: "id") needs "resolvable: false": Author is stored inside of records.',
      'type Author @key(fields: "id") { id: ID! }',
    ],
    [
      'docs.graphql:2:6 Author must not contain itself; got Author.friends.',
      'type Author { name: String friends: [Author!] }',
    ],
    [
      'docs.graphql:2:6 Author must not contain itself; got Author.employer → Firm.owner.',
      'type Author { employer: Firm } type Firm { town: Town owner: Author } type Town { name: String }',
    ],
    [
      'docs.graphql:2:6 Author must have a field that is not @inaccessible; got none.',
      'type Author { name: String @inaccessible born: Int @inaccessible }',
    ],
  ])('%s', (message, sdl) => {
    expect(says(doc + sdl)).toEqual([message]);
  });

  test.each([
    ['author', 'must select fields of Author; got "author"'],
    ['author { ... { name } }', 'must select fields of Author; got "author"'],
    ['author { nmae }', 'must select fields of Author; there is no "nmae"'],
    ['author { name { x } }', 'must select nothing of Author.name; it is no object'],
  ])('a key {%s} %s', (key, fault) => {
    const sdl = `type Author { name: String }\ntype Doc @key(fields: "${key}", resolvable: false)`;
    expect(says(`${sdl} ${collection} { id: ID! author: Author }`)).toEqual([
      `docs.graphql:2:10 @key(fields: "${key}") ${fault}.`,
    ]);
  });
});

test('all mistakes of all files are told at once, file by file', () => {
  const problems = problemsIn(
    { name: 'b.graphql', text: 'type Doc @collection(name: "docs") {\n  year: Integer\n}' },
    { name: 'a.graphql', text: 'type {' },
    { name: 'c.graphql', text: 'enum Kind { A }\ntype Doc { id: ID! }' },
  );

  expect(problems.map((problem) => problem.split(' ', 1)[0])).toEqual([
    'b.graphql:1:6',
    'b.graphql:1:10',
    'b.graphql:2:9',
    'a.graphql:1:6',
    'c.graphql:1:1',
    'c.graphql:2:6',
  ]);
});

test('more than a hundred mistakes are told too', () => {
  const fields = Array.from({ length: 150 }, (_, i) => `field${i}: Int @tag(name: ${i})`);

  expect(says(`type Doc ${collection} { id: ID! ${fields.join(' ')} }`)).toHaveLength(150);
});
