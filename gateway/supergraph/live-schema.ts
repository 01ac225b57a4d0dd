import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import type { VectorsContext } from '../../subgraphs/context.ts';
import type { DirectExecution } from './direct-execution.ts';

/** What Apollo Server asks for a schema that changes while it serves. */
export type GatewayInterface = ApolloServerOptionsWithGateway<VectorsContext>['gateway'];
export type Executor = NonNullable<Awaited<ReturnType<GatewayInterface['load']>>['executor']>;

/** A schema, and what executes the operations that were checked against it. */
export interface Served {
  readonly schema: GraphQLSchema;
  readonly sdl: string;
  readonly executor: Executor;
  readonly find: DirectExecution['find'];
}

/** What answers clients. */
export interface Serving {
  readonly gateway: GatewayInterface;
  /** Operations that came before, by the schema of this moment. */
  readonly find: DirectExecution['find'];
}

export interface LiveSchema extends Serving {
  /** Requests that begin from now on get this one. */
  swap(next: Served): void;
}

/** A schema for Apollo Server that can be swapped while requests run. */
export function createLiveSchema(first: Served): LiveSchema {
  const listeners = new Set<Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0]>();
  // Apollo Server hands an operation on with the schema that it was parsed and checked under. Its
  // executor is that schema's, so that a swap in between changes nothing for it. Whatever belongs
  // to an old schema is free when its last request is.
  const executors = new WeakMap<GraphQLSchema, Executor>();
  let current = first;

  function swap(next: Served): void {
    const { schema, sdl, executor } = next;
    executors.set(schema, executor);
    current = next;
    for (const listener of listeners) listener({ apiSchema: schema, coreSupergraphSdl: sdl });
  }

  return {
    swap,
    find: (query, operationName) => current.find(query, operationName),
    gateway: {
      onSchemaLoadOrUpdate(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      async load() {
        swap(current);
        return {
          async executor(context) {
            const execute = executors.get(context.schema);
            if (!execute) throw new Error('an operation came with a schema that was never served');
            return execute(context);
          },
        };
      },
      async stop() {},
    },
  };
}
