import type { TypedCollections } from '../../schema/typed/model.ts';
import { mutationsOf } from './mutations.ts';
import { queriesOf } from './queries.ts';
import { nestedTypeOf, recordTypeOf } from './records.ts';
import { bindCollections } from './binding.ts';

/** Resolvers of all that `vectorsTypeDefs` adds for typed collections. */
export function typedResolvers(typed: TypedCollections) {
  const bindings = bindCollections(typed);
  const types = [
    ...bindings.map((binding) => [binding.collection.type, recordTypeOf(binding)] as const),
    ...typed.nested.map((nested) => [nested.name, nestedTypeOf(nested)] as const),
  ];
  return {
    ...Object.fromEntries(types),
    Query: Object.assign({}, ...bindings.map(queriesOf)) as ReturnType<typeof queriesOf>,
    Mutation: Object.assign({}, ...bindings.map(mutationsOf)) as ReturnType<typeof mutationsOf>,
  };
}
