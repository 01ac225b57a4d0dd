import { searchResultFields } from '../sdl.ts';
import { Kind, print } from 'graphql';
import type { Described, FieldType, NestedType, TypedCollection, TypedField } from './model.ts';
import * as names from './names.ts';

/** Everything that one collection adds to the graph. */
export const collectionSdl = (collection: TypedCollection): string =>
  [rootFields, recordType, searchTypes, connectionTypes, writeTypes, filterInput, orderInput]
    .map((part) => part(collection))
    .join('\n');

/** An object inside of metadata: as it is read, written and filtered by. */
export const nestedSdl = ({ name, description, directives, fields }: NestedType): string => `
${headed({ description, directives }, `type ${name}`)} {${fields.map(outputField).join('')}
}

input ${names.inputTypeOf(name)} {${fields.map(inputField).join('')}
}

"Everything that is given must hold."
input ${names.filterTypeOf(name)} {${fields.map(filterField).join('')}
  "true: missing or null; false: neither."
  isNull: Boolean
}`;

function rootFields(collection: TypedCollection): string {
  const { type, one, many, bucket } = collection;
  const where = `\`${collection.collection}\` of bucket \`${bucket}\``;
  const filter = `filter: ${names.filterTypeOf(type)}`;
  return `
extend type Query {
  ${text(`One record of ${where}; null, without an error, when there is none of this id.`)}
  ${one}(id: ID!): ${type}
  ${text(`Every record of ${where}, by keyset; in the order of their ids when none is given.`)}
  ${many}(${filter}, orderBy: [${names.orderTypeOf(type)}!], first: Int = 100, after: String): ${names.connectionTypeOf(type)}
  ${text(`The k records of ${where} that are nearest to \`near\`, nearest first.`)}
  ${names.searchFieldOf(collection)}(
    near: VectorNear!
    k: Int = 10
    offset: Int = 0
    ${filter}
    "Leave out matches farther than this."
    maxDistance: Float
    options: VectorSearchOptions
  ): ${names.searchResultTypeOf(type)}
}

extend type Mutation {
  ${text(`Insert or replace whole records of ${where}. All are checked before any is written.`)}
  ${names.upsertFieldOf(collection)}(records: [${names.inputTypeOf(type)}!]!): ${names.upsertPayloadTypeOf(collection)}
  ${text(`Delete records of ${where}. Exactly one of ids and filter; an empty filter is refused.`)}
  ${names.deleteFieldOf(collection)}(ids: [ID!], ${filter}): ${names.deletePayloadTypeOf(collection)}
}`;
}

function recordType(collection: TypedCollection): string {
  const { type, description, directives, id, fields } = collection;
  const described = { description, directives: ['@key(fields: "id")', ...directives] };
  return `
${headed(described, `type ${type}`)} {${inside(headed(id, 'id: ID!'))}${fields.map(outputField).join('')}
  vector: Vector
  "Everything that is stored beside the vector, also what has no field here."
  metadata(keys: [String!]): JSON
  "The records nearest to this one, which is itself left out."
  similar(k: Int = 10, filter: ${names.filterTypeOf(type)}, options: VectorSearchOptions): ${names.searchResultTypeOf(type)}
}`;
}

const searchTypes = ({ type }: TypedCollection): string => `
type ${names.searchResultTypeOf(type)} {
  matches: [${names.matchTypeOf(type)}!]!
${searchResultFields}
}

type ${names.matchTypeOf(type)} {
  "Smaller is nearer."
  distance: Float!
  "Larger is nearer."
  score: Float!
  "null, with an error, when what is stored does not fit the type."
  record: ${type}
}`;

const connectionTypes = ({ type }: TypedCollection): string => `
type ${names.connectionTypeOf(type)} {
  edges: [${names.edgeTypeOf(type)}!]!
  nodes: [${type}]!
  pageInfo: PageInfo!
  "How many match the filter, on all pages: counted only when it is asked for."
  totalCount: Float
}

type ${names.edgeTypeOf(type)} {
  cursor: String!
  "null, with an error, when what is stored does not fit the type."
  node: ${type}
}`;

const writeTypes = (collection: TypedCollection): string => `
input ${names.inputTypeOf(collection.type)} {
  id: ID!
  vector: Vector!${collection.fields.map(inputField).join('')}
  "What has no field here. A key that has one is refused."
  metadata: JSON
}

type ${names.upsertPayloadTypeOf(collection)} {
  upsertedCount: Int!
}

type ${names.deletePayloadTypeOf(collection)} {
  deletedCount: Float!
}`;

function filterInput({ type, fields }: TypedCollection): string {
  const filter = names.filterTypeOf(type);
  return `
"Everything that is given must hold."
input ${filter} {${fields.map(filterField).join('')}
  and: [${filter}!]
  or: [${filter}!]
  not: ${filter}
}`;
}

/** Lists and objects have no order. */
const orderInput = ({ type, fields }: TypedCollection): string => `
"Records without a value come last, in both directions; equal ones in the order of their ids."
input ${names.orderTypeOf(type)} {
  field: ${names.orderFieldTypeOf(type)}!
  direction: VectorOrderDirection = ASC
}

enum ${names.orderFieldTypeOf(type)} {
  id${fields
    .filter((field) => field.type.kind === 'scalar')
    .map((field) => `\n  ${field.name}${hidden(field)}`)
    .join('')}
}`;

const outputField = (field: TypedField): string =>
  inside(headed(field, `${field.name}: ${written(field.type)}`));

const inputField = ({ name, description, type }: TypedField): string =>
  inside(headed({ description, directives: [] }, `${name}: ${written(type, names.inputTypeOf)}`));

const filterField = (field: TypedField): string =>
  `\n  ${field.name}: ${names.filterTypeOfField(field.type)}${hidden(field)}`;

/** What must not be seen must not be guessed by filters and orders either. */
const hidden = ({ directives }: Described): string =>
  directives.includes('@inaccessible') ? ' @inaccessible' : '';

const inside = (declaration: string): string => `\n${declaration}`.replaceAll('\n', '\n  ');

function headed({ description, directives }: Described, declaration: string): string {
  const line = [declaration, ...directives].join(' ');
  return description === null ? line : `${text(description)}\n${line}`;
}

/** As SDL. `nameOf` names the input made for a nested type. */
function written(type: FieldType, nameOf = (name: string): string => name): string {
  const mark = type.nonNull ? '!' : '';
  switch (type.kind) {
    case 'scalar':
      return type.scalar + mark;
    case 'object':
      return nameOf(type.name) + mark;
    case 'list':
      return `[${written(type.of, nameOf)}]${mark}`;
    default:
      return type satisfies never;
  }
}

const text = (value: string): string =>
  print({ kind: Kind.STRING, value, block: value.includes('\n') });
