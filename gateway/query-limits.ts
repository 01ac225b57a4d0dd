import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';
import type { ValidationRule } from 'graphql';
import { errors } from '../schema/errors.ts';
import type { Limits } from '../schema/limits.ts';

/**
 * Refuses operations that are nested too deep or ask for too many root fields. Introspection does
 * not count: its depth has a rule of graphql-js' own.
 */
export const queryLimits =
  ({ queryDepthMax, rootFieldsMax }: Limits): ValidationRule =>
  (context) => {
    const measure = createMeasure((name) => context.getFragment(name) ?? undefined);
    return {
      OperationDefinition({ selectionSet }) {
        const { depth, fieldCount } = measure(selectionSet);
        if (depth > queryDepthMax) {
          context.reportError(errors.limitExceeded('query', 'levels', queryDepthMax, depth));
        }
        if (fieldCount > rootFieldsMax) {
          context.reportError(
            errors.limitExceeded('query', 'root fields', rootFieldsMax, fieldCount),
          );
        }
        return false;
      },
    };
  };

/**
 * Refuses numbers that are none in JSON, such as 1e400: the planner fails over them, with the whole
 * request and as if it were our fault.
 */
export const finiteNumbers: ValidationRule = (context) => {
  const check = ({ value }: { readonly value: string }): void => {
    if (Number.isFinite(Number(value))) return;
    context.reportError(errors.badInput('query', 'of numbers up to 1.8e308', value));
  };
  return { IntValue: check, FloatValue: check };
};

interface Size {
  readonly depth: number;
  readonly fieldCount: number;
}

const nothing: Size = { depth: 0, fieldCount: 0 };

/** Each fragment is measured once, however often it is spread: spreads of spreads grow exponentially. */
function createMeasure(fragmentOf: (name: string) => FragmentDefinitionNode | undefined) {
  const fragments = new Map<string, Size>();

  function measure({ selections }: SelectionSetNode): Size {
    return selections
      .map((selection): Size => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return measureFragment(selection.name.value);
        if (selection.kind === Kind.INLINE_FRAGMENT) return measure(selection.selectionSet);
        if (selection.name.value.startsWith('__')) return nothing;
        const below = selection.selectionSet ? measure(selection.selectionSet) : nothing;
        return { depth: below.depth + 1, fieldCount: 1 };
      })
      .reduce(
        (sum, size) => ({
          depth: Math.max(sum.depth, size.depth),
          fieldCount: sum.fieldCount + size.fieldCount,
        }),
        nothing,
      );
  }

  function measureFragment(name: string): Size {
    const known = fragments.get(name);
    if (known) return known;
    // Stands while the fragment is measured: one that spreads itself is another rule's to refuse.
    fragments.set(name, nothing);
    const fragment = fragmentOf(name);
    const size = fragment ? measure(fragment.selectionSet) : nothing;
    fragments.set(name, size);
    return size;
  }

  return measure;
}
