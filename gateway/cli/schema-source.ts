import { buildClientSchema, getIntrospectionQuery, graphqlSync } from 'graphql';
import type { GraphQLSchema, IntrospectionSchema } from 'graphql';
import type { Config } from '../config.ts';
import { fetchSdl, type Subgraph } from '../subgraph-client.ts';
import { localPart } from '../supergraph/local-part.ts';
import { composeParts } from '../supergraph/parts.ts';
import type { Composed, LocalPart, Part, RemotePart } from '../supergraph/parts.ts';
import { serveSupergraph } from '../supergraph/serve.ts';
import { readTypedFiles } from '../typed-files.ts';
import { readConfig } from './configuration.ts';
import { UsageError } from './failures.ts';
import { withGraph } from './graph.ts';
import { createPlainLogger } from './plain-logger.ts';

/** The schemas of one gateway; none of them needs its databases. */
export interface SchemaSource {
  /** As other teams' routers get it at `/subgraph`. */
  subgraph(): Promise<string>;
  supergraph(): Promise<string>;
  /** What clients see at `/graphql`. */
  api(): Promise<GraphQLSchema>;
}

/** What a gateway would serve by this configuration. */
export function configuredSchemas(file: string): SchemaSource {
  const composed = async (): Promise<Composed> => {
    const config = await readConfig(file);
    const own = await ownPart(config);
    const deadline = AbortSignal.timeout(answerMsMax);
    const others = config.subgraphs.map((subgraph) => remotePart(subgraph, deadline));
    const parts: Part[] = [own, ...(await Promise.all(others))];
    return composeParts(new Map(parts.map((part) => [part.name, part])));
  };

  return {
    async subgraph() {
      const { schema } = await ownPart(await readConfig(file));
      // The text that others get, which is not the one that the schema was made from.
      const { data } = graphqlSync({ schema, source: sdlQuery });
      return (data as { readonly ['_service']: Service })['_service'].sdl;
    },
    async supergraph() {
      return (await composed()).sdl;
    },
    async api() {
      return (await serveSupergraph(await composed(), createPlainLogger())).schema;
    },
  };
}

/** What a running gateway serves. */
export function servedSchemas(url: string): SchemaSource {
  return {
    subgraph: async () => (await ask<Service>(at(url, 'subgraph'), sdlQuery)).sdl,
    supergraph() {
      throw new UsageError('--supergraph needs --config: no gateway gives its supergraph away.');
    },
    async api() {
      const query = getIntrospectionQuery({ specifiedByUrl: true, inputValueDeprecation: true });
      return buildClientSchema({
        __schema: await ask<IntrospectionSchema>(at(url, 'graphql'), query),
      });
    },
  };
}

const answerMsMax = 5_000;
const sdlQuery = '{ _service { sdl } }';

interface Service {
  readonly sdl: string;
}

const ask = <T>(url: string, query: string): Promise<T> =>
  withGraph({ url }, (graph) => graph.ask<T>(query, {}));

/** An address alone is a gateway's; a path that is given is meant. */
function at(address: string, path: string): string {
  const url = new URL(address);
  if (url.pathname === '/') url.pathname = path;
  return url.href;
}

/** A supergraph says where our subgraph is for routers of other teams. */
async function ownPart({ collectionsFolder, host, port }: Config): Promise<LocalPart> {
  try {
    const part = localPart(await readTypedFiles(collectionsFolder));
    return { ...part, url: `http://${host}:${port}/subgraph` };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

const remotePart = async (subgraph: Subgraph, deadline: AbortSignal): Promise<RemotePart> => ({
  kind: 'remote',
  ...subgraph,
  sdl: await fetchSdl(subgraph, deadline),
});
