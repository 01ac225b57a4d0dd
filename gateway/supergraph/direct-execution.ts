import {
  execute,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { VectorsContext } from '../../subgraphs/context.ts';

/** An operation that was parsed and checked against the schema. */
export interface Checked {
  /** As its client wrote it. */
  readonly query: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
}

/** Without `data` nothing was executed: the variables are wrong. */
export type Run = (
  variables: Readonly<Record<string, unknown>>,
  contextValue: VectorsContext,
) => ExecutionResult | Promise<ExecutionResult>;

/** Operations that need our own schema alone, known by their texts once they came. */
export interface DirectExecution {
  readonly remember: (operation: Checked) => void;
  readonly find: (query: string, operationName: string | undefined) => Run | undefined;
}

/** Apollo Server keeps as many documents; the sum of their characters is far below their memory. */
const textsMax = 1_000;
const charactersMax = 4_000_000;

export function createDirectExecution(schema: GraphQLSchema): DirectExecution {
  const known = new LRUCache<string, Map<string | undefined, Run>>({
    max: textsMax,
    maxSize: charactersMax,
    sizeCalculation: (_, query) => query.length,
  });

  return {
    remember({ query, document, operationName }) {
      if (goesBeyond(schema, document)) return;
      const runs = known.get(query) ?? new Map<string | undefined, Run>();
      runs.set(operationName, (variables, contextValue) =>
        execute({
          schema,
          document,
          contextValue,
          variableValues: variables,
          operationName: operationName ?? null,
        }),
      );
      known.set(query, runs);
    },
    find: (query, operationName) => known.get(query)?.get(operationName),
  };
}

/**
 * Our schema has more than clients may see: what it says of itself comes from the gateway's. It has
 * less, too: a fragment on another team's interface or union would be left out without a word.
 */
function goesBeyond(schema: GraphQLSchema, document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field({ name }) {
      found ||= name.value === '__schema' || name.value === '__type';
    },
    NamedType({ name }) {
      found ||= schema.getType(name.value) === undefined;
    },
  });
  return found;
}
