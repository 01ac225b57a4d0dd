import type { TypedCollection, TypedCollections, TypedField } from '../../schema/typed/model.ts';
import type { RecordShape } from '../selection.ts';
import type { CollectionRef } from '../store.ts';

/** A typed collection bound to what is stored: all that its resolvers look up. */
export interface CollectionBinding {
  readonly collection: TypedCollection;
  readonly ref: CollectionRef;
  readonly shape: RecordShape;
  /** By the name of a nested type. */
  readonly nestedFields: (type: string) => readonly TypedField[];
}

export function bindCollections({ collections, nested }: TypedCollections): CollectionBinding[] {
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
