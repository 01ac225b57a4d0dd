import type { ShardChange } from '../../subgraphs/store.ts';

/**
 * The state of a collection that somebody has seen: a search, a writer after its commit, a poll.
 */
export interface Seen {
  readonly placementVersion: number;
  /** By pod. */
  readonly changes: ReadonlyMap<string, ShardChange>;
}

/** What each shard of a collection says; null where one does not, or nobody counts it. */
export function changesOf(
  shards: readonly { readonly pod: string; readonly change: ShardChange | null }[],
): Seen['changes'] | null {
  const changes = new Map<string, ShardChange>();
  for (const { pod, change } of shards) if (change) changes.set(pod, change);
  return shards.length > 0 && changes.size === shards.length ? changes : null;
}

/** What an entry of a collection must at least have seen to be served. */
export interface Floors {
  readonly placementVersion: number;
  /** Another one since the collection was cleared: what was kept under an earlier one is void. */
  readonly generation: string;
  /** By pod; more than one while it is not certain which table is the present one. */
  readonly floors: ReadonlyMap<string, readonly Floor[]>;
}

export interface Floor extends ShardChange {
  readonly raisedAtMs: number;
}

/**
 * How long the floor of one table stands beside that of another with the same name. Nothing says
 * which of the two is older, so until then nothing is served; it must be more than the bound of the
 * polls, from where on they alone tell an entry of the older one. So long the floors of a dropped
 * collection live too: somebody else may make a table in its place, whose placement is older.
 */
export const otherTableMs = 10_000;

/**
 * Whether `seen` is no older than anything that raised the floors. Floors that are missing are not
 * low: who meets none asks the pods.
 */
export function isAtLeast(seen: Seen, floors: Floors | null): boolean {
  if (floors === null || floors.placementVersion !== seen.placementVersion) return false;
  if (floors.floors.size !== seen.changes.size) return false;
  return [...seen.changes].every(([pod, { table, count }]) => {
    const [floor, other] = floors.floors.get(pod) ?? [];
    return floor !== undefined && !other && floor.table === table && floor.count <= count;
  });
}

/**
 * Equal for equal floors, however they came to be. It belongs in the key of a search in flight:
 * who came after a write saw higher floors than those who came before.
 */
export const floorsText = (floors: Floors | null): string =>
  JSON.stringify(
    floors && [
      floors.placementVersion,
      floors.generation,
      ...[...floors.floors]
        .map(([pod, list]) => [pod, ...list.map(({ table, count }) => `${count} ${table}`).sort()])
        .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
    ],
  );

/**
 * The floors when somebody has seen more; they never fall, in whatever order the raises come. A
 * newer placement makes those of the older one void. Who drops a collection raises them to the
 * version of the tombstone, with no counts. Redis does the same in `raiseScript`.
 */
export function raised(before: Floors | null, seen: Seen, nowMs: number): Floors {
  const { placementVersion, changes } = seen;
  if (before && isOutdated(seen, before)) return before;
  const kept = before?.placementVersion === placementVersion ? before.floors : new Map();
  const floors = new Map<string, readonly Floor[]>(kept);
  for (const [pod, change] of changes) {
    floors.set(pod, raisedFloors(floors.get(pod) ?? [], change, nowMs));
  }
  return { placementVersion, generation: before?.generation ?? '', floors };
}

/**
 * Whether the floors are of a newer placement, and tell nothing of what was seen. Its writer may be
 * late; but where a collection was dropped, a table that somebody made there is older than the
 * tombstone, and its searches in flight are shared.
 */
export const isOutdated = (seen: Seen, floors: Floors): boolean =>
  seen.placementVersion < floors.placementVersion;

/** Nothing that was kept so far is served again. In Redis this is `clearScript`. */
export const cleared = (before: Floors | null, generation: string): Floors => ({
  placementVersion: before?.placementVersion ?? 0,
  generation,
  floors: new Map(),
});

function raisedFloors(
  before: readonly Floor[],
  { table, count }: ShardChange,
  nowMs: number,
): readonly Floor[] {
  const same = before.find((floor) => floor.table === table);
  const others = before.filter(
    (floor) => floor.table !== table && floor.raisedAtMs > nowMs - otherTableMs,
  );
  return [...others, { table, count: Math.max(count, same?.count ?? 0), raisedAtMs: nowMs }];
}

/** Of both scripts, but of the first not for what `isOutdated`. */
export const raiseAnswer = 'raised';

/**
 * The same as `raised`, in Redis, in one step for all who raise. KEYS: the floors. ARGV: what was
 * seen, how long the floors are to live, `otherTableMs`. Numbers keep 14 digits in `cjson`: so many
 * writes no table sees.
 */
export const raiseScript = {
  answers: [raiseAnswer, 'outdated'],
  text: `
local seen = cjson.decode(ARGV[1])
local text = redis.call('get', KEYS[1])
local before = text and cjson.decode(text)
if before and before.placementVersion > seen.placementVersion then return 'outdated' end
local generation = before and before.generation or ''
if not before or before.placementVersion < seen.placementVersion then
  before = { placementVersion = seen.placementVersion, generation = generation, floors = {} }
end
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for pod, change in pairs(seen.changes) do
  local floors, count = {}, change.count
  for _, floor in ipairs(before.floors[pod] or {}) do
    if floor.table == change.table then
      count = math.max(count, floor.count)
    elseif floor.raisedAtMs > now - tonumber(ARGV[3]) then
      table.insert(floors, floor)
    end
  end
  table.insert(floors, { table = change.table, count = count, raisedAtMs = now })
  before.floors[pod] = floors
end
local forMs = next(before.floors) and ARGV[2] or ARGV[3]
redis.call('set', KEYS[1], cjson.encode(before), 'px', forMs)
return '${raiseAnswer}'`,
};

/** The same as `cleared`. KEYS: the floors. ARGV: the generation, how long the floors are to live. */
export const clearScript = {
  answers: [raiseAnswer],
  text: `
local text = redis.call('get', KEYS[1])
local before = text and cjson.decode(text)
local version = before and before.placementVersion or 0
local floors = { placementVersion = version, generation = ARGV[1], floors = {} }
redis.call('set', KEYS[1], cjson.encode(floors), 'px', ARGV[2])
return '${raiseAnswer}'`,
};

/** As `raiseScript` takes it. */
export const seenText = ({ placementVersion, changes }: Seen): string =>
  JSON.stringify({ placementVersion, changes: Object.fromEntries(changes) });

/** As `raiseScript` leaves them; what is not theirs is no floors. */
export function readFloors(bytes: Uint8Array | null): Floors | null {
  try {
    const { placementVersion, generation, floors } = JSON.parse(String(bytes));
    const pods = Object.entries<readonly Floor[]>(floors);
    return typeof generation === 'string' && pods.every(([, pod]) => pod.every(isFloor))
      ? { placementVersion, generation, floors: new Map(pods) }
      : null;
  } catch {
    return null;
  }
}

const isFloor = (floor: Partial<Floor> | null): boolean =>
  typeof floor?.table === 'string' && typeof floor.count === 'number';
