import type { FieldType, NestedType, TypedCollections, TypedField } from './model.ts';
import type { Problems } from './problems.ts';

/** No nested type contains itself: what is read of a record, and what filters it, has an end. */
export function checkNesting({ nested }: TypedCollections, problems: Problems): void {
  for (const [position, type] of nested.entries()) {
    // A cycle is told once, of the first of its types.
    const cycle = cycleFrom(type, nested.slice(position));
    if (cycle) {
      problems.report(type.place, `${type.name} must not contain itself; got ${cycle}.`);
    }
  }
}

/** The way back to the type, as "Author.friend → Person.author", or undefined. */
function cycleFrom(start: NestedType, types: readonly NestedType[]): string | undefined {
  const seen = new Set<string>();

  function follow({ name, fields }: NestedType): string | undefined {
    for (const field of fields) {
      const way = followField(field);
      if (way !== undefined) return `${name}.${field.name}${way}`;
    }
    return undefined;
  }

  function followField({ type }: TypedField): string | undefined {
    const object = objectIn(type);
    if (object === start.name) return '';
    const next = types.find(({ name }) => name === object);
    if (!next || seen.has(next.name)) return undefined;
    seen.add(next.name);
    const way = follow(next);
    return way && ` → ${way}`;
  }

  return follow(start);
}

function objectIn(type: FieldType): string | undefined {
  switch (type.kind) {
    case 'scalar':
      return undefined;
    case 'object':
      return type.name;
    case 'list':
      return objectIn(type.of);
    default:
      return type satisfies never;
  }
}
