import type { FieldType, TypedCollection } from './model.ts';

/** What a collection is called when its SDL does not say: "Doc", "doc", "docs". */
export const defaultOne = (type: string): string => type.charAt(0).toLowerCase() + type.slice(1);
export const defaultMany = (one: string): string => `${one}s`;

type Called = Pick<TypedCollection, 'many'>;

/** The root fields; that of one record is `one`, that of its connection `many`. */
export const searchFieldOf = ({ many }: Called): string => `search${capitalised(many)}`;
export const upsertFieldOf = ({ many }: Called): string => `upsert${capitalised(many)}`;
export const deleteFieldOf = ({ many }: Called): string => `delete${capitalised(many)}`;

export const upsertPayloadTypeOf = ({ many }: Called): string =>
  `Upsert${capitalised(many)}Payload`;
export const deletePayloadTypeOf = ({ many }: Called): string =>
  `Delete${capitalised(many)}Payload`;

/** The types made for a type, which is a collection's or, of the first two, a nested one. */
export const inputTypeOf = (type: string): string => `${type}Input`;
export const filterTypeOf = (type: string): string => `${type}Filter`;
export const searchResultTypeOf = (type: string): string => `${type}SearchResult`;
export const matchTypeOf = (type: string): string => `${type}Match`;
export const connectionTypeOf = (type: string): string => `${type}Connection`;
export const edgeTypeOf = (type: string): string => `${type}Edge`;
export const orderTypeOf = (type: string): string => `${type}Order`;
export const orderFieldTypeOf = (type: string): string => `${type}OrderField`;

/** The input that a field of this type is filtered by. */
export function filterTypeOfField(type: FieldType): string {
  switch (type.kind) {
    case 'scalar':
      return `Vector${type.scalar}Filter`;
    case 'object':
      return filterTypeOf(type.name);
    case 'list':
      return type.of.kind === 'scalar'
        ? `Vector${type.of.scalar}ListFilter`
        : 'VectorObjectListFilter';
    default:
      return type satisfies never;
  }
}

/** Everything that a collection adds to the graph besides its own type. */
export function generatedNamesOf(collection: TypedCollection) {
  const { type, one, many } = collection;
  return {
    Query: [one, many, searchFieldOf(collection)],
    Mutation: [upsertFieldOf(collection), deleteFieldOf(collection)],
    types: [
      inputTypeOf,
      filterTypeOf,
      searchResultTypeOf,
      matchTypeOf,
      connectionTypeOf,
      edgeTypeOf,
      orderTypeOf,
      orderFieldTypeOf,
    ]
      .map((nameOf) => nameOf(type))
      .concat(upsertPayloadTypeOf(collection), deletePayloadTypeOf(collection)),
  };
}

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
