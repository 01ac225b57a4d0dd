import { execute, visit, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Executor } from './live-schema.ts';
import type { LocalPart } from './parts.ts';

/** What of a query plan's root decides. */
interface PlanNode {
  readonly kind: string;
  readonly serviceName?: string;
}

export interface DirectExecution {
  /** Apollo Gateway tells how it goes about an operation. */
  planned(
    document: DocumentNode,
    operationName: string | undefined,
    root: PlanNode | undefined,
  ): void;
  around(executor: Executor): Executor;
}

/**
 * Operations that a plan sends to our own subgraph alone and whole are executed on its schema as
 * the client wrote them. Apollo Gateway would print and plan them, collect the answer, and shape it
 * by the operation a second time, which is a tenth of what a search costs a gateway.
 *
 * The first request of an operation goes through the gateway, which plans it. Apollo Server keeps
 * the documents that it has parsed, so those that come again are known by identity.
 */
export function createDirectExecution({
  schema,
  name,
}: Pick<LocalPart, 'schema' | 'name'>): DirectExecution {
  const direct = new WeakMap<DocumentNode, Set<string | undefined>>();

  return {
    planned(document, operationName, root) {
      if (root?.kind !== 'Fetch' || root.serviceName !== name) return;
      if (goesBeyond(schema, document)) return;
      const names = direct.get(document) ?? new Set();
      direct.set(document, names.add(operationName));
    },

    around: (executor) => async (context) => {
      const { document, request } = context;
      if (!direct.get(document)?.has(request.operationName)) return executor(context);
      const result = await execute({
        schema,
        document,
        contextValue: context.context,
        variableValues: request.variables ?? {},
        operationName: request.operationName ?? null,
      });
      // Without data nothing was executed: the gateway has its own words for wrong variables.
      return 'data' in result ? result : executor(context);
    },
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
