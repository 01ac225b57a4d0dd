import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';

/** What one subgraph brings into the supergraph. */
export interface SubgraphSdl {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

/**
 * The SDL of the supergraph of all of these; throws one error with every reason why there is none.
 * Takes a tenth of a second in which nothing else runs: only for a text that is new.
 */
export function composeSupergraph(subgraphs: readonly SubgraphSdl[]): string {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const composed = composeServices(services);
  if (!composed.errors) return composed.supergraphSdl;

  const problems = composed.errors.map((error) => `  ${error.message}`).join('\n');
  throw new Error(`The subgraphs must compose into one supergraph:\n${problems}`);
}
