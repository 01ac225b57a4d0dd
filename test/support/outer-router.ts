import { composeServices } from '@apollo/composition';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { parse, type GraphQLSchema } from 'graphql';
import { apolloLogger } from '../../subgraphs/apollo.ts';
import type { Answer, Variables } from '../conformance/subject.ts';
import { silent } from './store-calls.ts';

/** Somebody else's router: Apollo Gateway as it comes, over subgraphs that it reaches by HTTP. */
export interface OuterRouter {
  ask(query: string, variables?: Variables): Promise<Answer>;
  close(): Promise<void>;
}

export async function openOuterRouter(
  subgraphs: readonly { readonly name: string; readonly url: string }[],
): Promise<OuterRouter> {
  const services = await Promise.all(
    subgraphs.map(async ({ name, url }) => ({ name, url, typeDefs: parse(await sdlOf(url)) })),
  );
  const { supergraphSdl = '', errors = [] } = composeServices(services);
  if (errors.length > 0) throw new Error(errors.map(String).join('\n'));
  const server = new ApolloServer({ gateway: createPlainGateway(supergraphSdl), logger });
  await server.start();

  return {
    async ask(query, variables = {}) {
      const { body } = await server.executeOperation({ query, variables });
      if (body.kind !== 'single') throw new Error('nothing was deferred');
      return JSON.parse(JSON.stringify(body.singleResult)) as Answer;
    },
    close: () => server.stop(),
  };
}

/** What clients of such a router see. */
export async function schemaOfPlainGateway(supergraphSdl: string): Promise<GraphQLSchema> {
  const { schema } = await createPlainGateway(supergraphSdl).load();
  return schema;
}

function createPlainGateway(supergraphSdl: string): ApolloGateway {
  process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
  return new ApolloGateway({ supergraphSdl, logger, validateSupergraph: true });
}

const logger = apolloLogger(silent);

async function sdlOf(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ _service { sdl } }' }),
  });
  const { data } = (await response.json()) as { data: Record<'_service', { sdl: string }> };
  return data['_service'].sdl;
}
