import type { GraphQLSchema } from 'graphql';
import type { TypedCollections } from '../../schema/typed/model.ts';
import { composeSupergraph, type SubgraphSdl } from './compose.ts';

/** Our own subgraph, executed in this process. */
export interface LocalPart extends SubgraphSdl {
  readonly kind: 'local';
  readonly schema: GraphQLSchema;
  readonly typed: TypedCollections;
}

/** Another team's subgraph, as it last described itself. */
export interface RemotePart extends SubgraphSdl {
  readonly kind: 'remote';
}

export type Part = LocalPart | RemotePart;

/** By name; ours is always among them. */
export type Parts = ReadonlyMap<string, Part>;

export interface Composed {
  readonly parts: Parts;
  readonly sdl: string;
}

export const composeParts = (parts: Parts): Composed => ({
  parts,
  sdl: composeSupergraph([...parts.values()]),
});

/**
 * What of `offered` composes in place of what is `served`: all of it, or else as many of the
 * changes as can be taken one by one, so that one team's mistake does not hold up the others. null
 * when nothing changes. `refuse` hears which changes do not compose, and why.
 */
export function composeChanges(
  served: Parts,
  offered: Parts,
  refuse: (error: unknown, names: readonly string[]) => void,
): Composed | null {
  const changed = [...offered.values()].filter((part) => served.get(part.name) !== part);
  if (changed.length === 0) return null;
  try {
    return composeParts(new Map(offered));
  } catch (error) {
    const taken = changed.length === 1 ? null : takeOneByOne(served, changed);
    const refused = changed.filter((part) => taken?.parts.get(part.name) !== part);
    refuse(
      error,
      refused.map(({ name }) => name),
    );
    return taken;
  }
}

function takeOneByOne(served: Parts, changed: readonly Part[]): Composed | null {
  let taken: Composed | null = null;
  for (const part of changed) {
    try {
      taken = composeParts(new Map(taken?.parts ?? served).set(part.name, part));
    } catch {
      // It is refused by name.
    }
  }
  return taken;
}

export function localOf(parts: Parts): LocalPart {
  for (const part of parts.values()) if (part.kind === 'local') return part;
  throw new Error('there is no supergraph without our own subgraph');
}
