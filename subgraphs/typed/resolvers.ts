import type { TypedCollections } from '../../schema/typed/model.ts';
import { mutationsOf } from './mutations.ts';
import { queriesOf } from './queries.ts';
import { nestedTypeOf, recordTypeOf } from './records.ts';
import { createRooms } from './room.ts';

/** Resolvers of all that `vectorsTypeDefs` adds for typed collections. */
export function typedResolvers(typed: TypedCollections) {
  const rooms = createRooms(typed);
  const types = [
    ...rooms.map((room) => [room.collection.type, recordTypeOf(room)] as const),
    ...typed.nested.map((nested) => [nested.name, nestedTypeOf(nested)] as const),
  ];
  return {
    ...Object.fromEntries(types),
    Query: Object.assign({}, ...rooms.map(queriesOf)) as ReturnType<typeof queriesOf>,
    Mutation: Object.assign({}, ...rooms.map(mutationsOf)) as ReturnType<typeof mutationsOf>,
  };
}
