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

export interface Attempts<T> {
  /** Rejects when these parts cannot be served together. */
  readonly attempt: (parts: Parts) => Promise<T>;
  /** Hears which changes are not taken, and why. */
  readonly refuse: (error: unknown, names: readonly string[]) => void;
}

/**
 * What of `offered` can be served in place of what is `served`: all of it, or else as many of the
 * changes as can be taken one by one, so that one team's mistake does not hold up the others. null
 * when nothing changes.
 */
export async function takeChanges<T extends { readonly parts: Parts }>(
  served: Parts,
  offered: Parts,
  { attempt, refuse }: Attempts<T>,
): Promise<T | null> {
  const changed = [...offered.values()].filter((part) => served.get(part.name) !== part);
  if (changed.length === 0) return null;
  try {
    return await attempt(new Map(offered));
  } catch (error) {
    const taken = changed.length === 1 ? null : await takeOneByOne(served, changed, attempt);
    const refused = changed.filter((part) => taken?.parts.get(part.name) !== part);
    refuse(
      error,
      refused.map(({ name }) => name),
    );
    return taken;
  }
}

async function takeOneByOne<T extends { readonly parts: Parts }>(
  served: Parts,
  changed: readonly Part[],
  attempt: Attempts<T>['attempt'],
): Promise<T | null> {
  let taken: T | null = null;
  for (const part of changed) {
    try {
      taken = await attempt(new Map<string, Part>(taken?.parts ?? served).set(part.name, part));
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
