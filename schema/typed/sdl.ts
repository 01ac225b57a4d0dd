import { contract, federationImports, federationLink, typeDefs } from '../sdl.ts';
import { collectionSdl, nestedSdl } from './collection-sdl.ts';
import type { TypedCollections } from './model.ts';
import { sharedSdl } from './shared-sdl.ts';

/** The whole `vectors` subgraph: the contract, and what its typed collections add to it. */
export function vectorsTypeDefs(typed: TypedCollections): string {
  if (typed.collections.length === 0) return typeDefs;
  return [
    federationLink(importsOf(typed)),
    contract,
    sharedSdl(),
    ...typed.collections.map(collectionSdl),
    ...typed.nested.map(nestedSdl),
  ].join('\n');
}

/** A directive that is used has to be imported; GraphQL's own @deprecated must not be. */
function importsOf({ collections, nested }: TypedCollections): string[] {
  const described = [
    ...collections.flatMap((collection) => [collection, collection.id, ...collection.fields]),
    ...nested.flatMap((type) => [type, ...type.fields]),
  ];
  const used = described.flatMap(({ directives }) => directives.map(nameOfDirective));
  return [...new Set([...federationImports, ...used])].filter((name) => name !== '@deprecated');
}

const nameOfDirective = (printed: string): string => /^@\w+/.exec(printed)?.[0] ?? printed;
