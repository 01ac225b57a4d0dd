/** What a trial is made of. Collections, gateways, pods and questions are named by their places. */
export type Operation = (Look | Write | Clear | Storm) & { readonly pauseMs: number };

export interface Look {
  readonly kind: 'look';
  readonly gateway: number;
  readonly collection: number;
  readonly question: number;
  readonly timeoutMs: number;
}

export interface Write {
  readonly kind: 'write';
  /** null: behind the gateways' back, on one pod, in a transaction. */
  readonly gateway: number | null;
  readonly collection: number;
  readonly change: Change;
  /** Behind their back alone: it never happened. */
  readonly rolledBack: boolean;
  readonly timeoutMs: number;
  /** At the moment from which all have to show it. */
  readonly after: readonly Look[];
}

/** Records are named by their slots: a key that nobody can be sure of any more makes room. */
export type Change =
  | { readonly kind: 'put'; readonly records: readonly Placed[] }
  | { readonly kind: 'label'; readonly slots: readonly number[]; readonly group: string }
  | { readonly kind: 'remove'; readonly slots: readonly number[] }
  /** By a filter. */
  | { readonly kind: 'removeGroup'; readonly group: string }
  /** On one pod; `swap` puts an empty table in the place of the other. */
  | { readonly kind: 'truncate' | 'swap'; readonly pod: number }
  /** The collection is dropped, and made again. */
  | { readonly kind: 'replace' };

export interface Placed {
  readonly slot: number;
  readonly rank: number;
  readonly group: string;
}

export interface Clear {
  readonly kind: 'clear';
  readonly gateway: number;
  readonly collection: number;
}

export interface Storm {
  readonly kind: 'storm';
  readonly what: Weather;
  readonly gateway: number;
  readonly pod: number;
  readonly forMs: number;
}

/** Of a gateway's way to Redis, of Redis itself, of a gateway's way to the pods. */
export const weathers = [
  'redisCut',
  'redisSilent',
  'redisSlow',
  'redisGarbled',
  'redisFrozen',
  'redisRestarted',
  'podFrozen',
  'backendsKilled',
] as const;

export type Weather = (typeof weathers)[number];
