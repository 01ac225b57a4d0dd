import type { CollectionRef } from '../../subgraphs/store.ts';
import type { Floors, Seen } from './floors.ts';

export interface Read {
  readonly bytes: Buffer | null;
  /** null: they are missing. */
  readonly floors: Floors | null;
}

/**
 * What gateways have in common of a cache: entries, and the floors that say which of them are still
 * right. Nothing here rejects or takes longer than its time; where it cannot be had, a read is null
 * and a write false. A writer whose raise is false must let the bound of the polls pass before it
 * acknowledges.
 */
export interface SharedTier {
  /**
   * An entry and the floors of its collection, in one command. Without a key the floors alone, for
   * an entry that is in memory.
   */
  read(ref: CollectionRef, key: string | null): Promise<Read | null>;
  write(ref: CollectionRef, key: string, bytes: Buffer): Promise<boolean>;
  /** Also false where the floors are of a newer placement. */
  raise(ref: CollectionRef, seen: Seen): Promise<boolean>;
  /**
   * Of all gateways one at a time wins the work for a key; the others look whether it is there yet.
   */
  lease(ref: CollectionRef, key: string, forMs: number): Promise<'won' | 'taken' | null>;
  /** Lets the next one win. */
  release(ref: CollectionRef, key: string): Promise<void>;
  /** Whether what has been kept of the collection will never be served again. */
  clear(ref: CollectionRef): Promise<boolean>;
  /** It did badly, and searches do not ask it for a moment. */
  readonly isResting: boolean;
  close(): void;
}
