import {
  execute,
  getOperationAST,
  getVariableValues,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLSchema,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { VectorsContext } from '../../subgraphs/context.ts';

/** An operation that was parsed and checked. */
export interface Checked {
  /** What its client may know: it may leave out some of ours, also of its inputs. */
  readonly schema: GraphQLSchema;
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

/**
 * A parsed text takes about 120 bytes of memory a character. Longer texts are made by programs, which
 * write their values into them: they come once.
 */
const charactersMax = 500_000;
const textCharactersMax = 10_000;
const textsMax = 1_000;

/** A text, and which of its operations were checked. */
interface Known {
  readonly checkedBy: GraphQLSchema;
  readonly document: DocumentNode;
  readonly names: Set<string | undefined>;
}

export function createDirectExecution(schema: GraphQLSchema): DirectExecution {
  const known = new LRUCache<string, Known>({
    max: textsMax,
    maxSize: charactersMax,
    sizeCalculation: (_, query) => query.length,
  });

  return {
    remember({ schema: checkedBy, query, document, operationName }) {
      if (query.length > textCharactersMax) return;
      const entry = known.get(query);
      if (entry) entry.names.add(operationName);
      else if (!goesBeyond(schema, document)) {
        known.set(query, { checkedBy, document, names: new Set([operationName]) });
      }
    },

    find(query, operationName) {
      const entry = known.get(query);
      if (!entry?.names.has(operationName)) return undefined;
      const { checkedBy, document } = entry;
      const asked = { schema, document, operationName: operationName ?? null };
      const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
      return (variableValues, contextValue) => {
        const { errors } = getVariableValues(checkedBy, definitions, variableValues);
        return errors ? { errors } : execute({ ...asked, contextValue, variableValues });
      };
    },
  };
}

/**
 * Of the text alone; variables are judged each time, by the schema that its client knows. Our schema
 * has more than clients may see: what it says of itself comes from the gateway's. It has
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
