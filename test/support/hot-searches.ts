import type {
  CollectionRef,
  SearchAnswer,
  SearchQuery,
  VectorStore,
} from '../../subgraphs/store.ts';
import { within } from '../../subgraphs/within.ts';
import type { CachedGateway, Caches } from './caches.ts';
import { line, searchIn, specIn } from './store-calls.ts';

/** Looks again and again, for 25 seconds at most: embedded pods are slow to say how far they are. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const begunAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() > begunAt + 25_000) throw new Error('What is waited for must come.');
    await new Promise((again) => setImmediate(again));
  }
}

/** A collection of the first gateway, with these records. */
export async function madeIn(
  { gateways: [gateway], bucket }: Caches,
  collection: string,
  records = line(10),
): Promise<CollectionRef> {
  const spec = specIn(bucket, collection);
  await gateway!.run((store, call) => store.createCollection(spec, null, call));
  await gateway!.run((store, call) => store.upsert({ ...spec, records, version: null }, call));
  return { bucket, collection };
}

/** A search that the cache may answer. */
export const hotIn = (
  { bucket, collection }: CollectionRef,
  different: Partial<SearchQuery> = {},
): SearchQuery => searchIn(bucket, collection, { cache: true, limit: 3, ...different });

/** The first answer that comes from the cache. */
export async function hit(gateway: CachedGateway, query: SearchQuery): Promise<SearchAnswer> {
  let answer = await gateway.search(query);
  await until(async () => {
    answer = await gateway.search(query);
    return outcomeOf(answer) === 'HIT';
  });
  return answer;
}

export const keysOf = ({ matches }: SearchAnswer): string[] => matches.map(({ key }) => key);

export const outcomeOf = ({ cache }: SearchAnswer) => cache?.outcome;

/** Between a cache and its pods: searches are counted, and what the pods said can be held back. */
export function createGate() {
  const asked: SearchQuery[] = [];
  let opening = Promise.resolve();
  let open = (): void => {};
  return {
    asked,
    shut: (): void => void (opening = new Promise((resolve) => (open = resolve))),
    open: (): void => open(),
    over: (store: VectorStore): VectorStore => ({
      ...store,
      async search(query, call) {
        const held = opening;
        const answer = await store.search(query, call);
        asked.push(query);
        await within(call, held);
        return answer;
      },
    }),
  };
}
