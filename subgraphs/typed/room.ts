import type { TypedCollection, TypedCollections, TypedField } from '../../schema/typed/model.ts';
import type { RecordShape } from '../selection.ts';
import type { CollectionRef } from '../store.ts';

/** A typed collection, and what its resolvers look up about it. */
export interface TypedRoom {
  readonly collection: TypedCollection;
  readonly ref: CollectionRef;
  readonly shape: RecordShape;
  /** By the name of a nested type. */
  readonly nestedFields: (type: string) => readonly TypedField[];
}

export function createRooms({ collections, nested }: TypedCollections): TypedRoom[] {
  const fieldsByType = new Map(nested.map(({ name, fields }) => [name, fields]));
  return collections.map((collection) => ({
    collection,
    ref: { bucket: collection.bucket, collection: collection.collection },
    shape: {
      type: collection.type,
      keys: new Map(collection.fields.map(({ name, key }) => [name, key])),
    },
    nestedFields: (type) => fieldsByType.get(type) ?? [],
  }));
}
