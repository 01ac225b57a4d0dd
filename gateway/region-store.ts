import { GraphQLError } from 'graphql';
import { codeOf, errors, type PodOutcome } from '../schema/errors.ts';
import { placementAbove, placementBelow } from '../schema/placement.ts';
import type { Call } from '../subgraphs/call.ts';
import type { Collection, CollectionRef, VectorStore } from '../subgraphs/store.ts';

/**
 * A gateway's store as a larger gateway sees it, which calls it `region`: collections have the
 * placements that the larger one made, and shards the way to them in their names. What is meant for
 * another region, because two URLs were swapped, is refused, but for what neither reads nor writes
 * records.
 */
export const createRegionStore = (store: VectorStore, region: string): VectorStore => ({
  ...store,
  ...collectionsOf(store, region),
  ...recordsOf(store, region),
  ...rowsOf(store, region),
});

const collectionsOf = (
  store: VectorStore,
  region: string,
): Pick<VectorStore, 'describe' | 'listCollections' | 'createCollection' | 'deleteCollection'> => ({
  async describe(ref, call, options) {
    const found = await store.describe(ref, call, options);
    return found && asAbove(found, region);
  },
  async listCollections(query, call) {
    const page = await store.listCollections(query, call);
    requireSome(page.collections, region);
    const collections = page.collections
      .filter((collection) => otherRegion(collection, region) === null)
      .map((collection) => asAbove(collection, region));
    return { ...page, collections, pods: namedIn(region, page.pods) };
  },
  async createCollection(spec, placement, call) {
    const asked = placement && placementBelow(region, placement);
    const { collection, created } = await store.createCollection(spec, asked, call);
    return { collection: asAbove(collection, region), created };
  },
  deleteCollection: (ref, placement, call) =>
    store.deleteCollection(ref, placement && placementBelow(region, placement), call),
});

function recordsOf(
  store: VectorStore,
  region: string,
): Pick<
  VectorStore,
  'search' | 'fetch' | 'scan' | 'count' | 'upsert' | 'updateMetadata' | 'delete'
> {
  /** The method of the store, when what it is asked about is this region's. */
  const ours =
    <Q extends CollectionRef, T>(ask: (query: Q, call: Call) => Promise<T>) =>
    async (query: Q, call: Call): Promise<T> => {
      const found = await store.describe(query, call);
      if (found) asAbove(found, region);
      return ask(query, call);
    };
  const writing = <Q extends CollectionRef, T>(ask: (query: Q, call: Call) => Promise<T>) =>
    ours((query: Q, call) =>
      ask(query, call).catch((error: unknown) => {
        throw withNames(error, region);
      }),
    );

  return {
    search: ours(async (query, call) => {
      const answer = await store.search(query, call);
      return { ...answer, shards: namedIn(region, answer.shards) };
    }),
    fetch: ours((query, call) => store.fetch(query, call)),
    scan: ours((query, call) => store.scan(query, call)),
    count: ours((query, call) => store.count(query, call)),
    upsert: writing((write, call) => store.upsert(write, call)),
    updateMetadata: writing((write, call) => store.updateMetadata(write, call)),
    delete: writing((write, call) => store.delete(write, call)),
  };
}

const rowsOf = (
  store: VectorStore,
  region: string,
): Pick<VectorStore, 'inspect' | 'changes' | 'pods' | 'report'> => ({
  async inspect(refs, what, call) {
    return (await store.inspect(refs, what, call)).map((rows) => namedIn(region, rows));
  },
  async changes(refs, call) {
    return (await store.changes(refs, call)).map((rows) => namedIn(region, rows));
  },
  async pods(call) {
    return (await store.pods(call)).map((pod) => ({ ...pod, name: `${region}/${pod.name}` }));
  },
  report: async (call) => namedIn(region, await store.report(call)),
});

const namedIn = <Row extends { readonly pod: string }>(
  region: string,
  rows: readonly Row[],
): readonly Row[] => rows.map((row) => ({ ...row, pod: `${region}/${row.pod}` }));

function asAbove(collection: Collection, region: string): Collection {
  const other = otherRegion(collection, region);
  if (other !== null) throw errors.wrongPod(region, other);
  return { ...collection, placement: placementAbove(region, collection.placement) };
}

/** What the region is called that a collection was made for, if that is not this one. */
function otherRegion({ placement }: Collection, region: string): string | null {
  const pod = placement.above?.[0]?.pod ?? region;
  return pod === region || placement.state === 'dropped' ? null : pod;
}

/** One collection may have been made by a mistake; where all that were made are another's, so are we. */
function requireSome(collections: readonly Collection[], region: string): void {
  const made = collections.filter(
    ({ placement }) => placement.above && placement.state !== 'dropped',
  );
  const others = made.flatMap((collection) => otherRegion(collection, region) ?? []);
  if (made.length > 0 && others.length === made.length) throw errors.wrongPod(region, others[0]!);
}

/** What a write did on some of the pods, under the names that they have above. */
function withNames(error: unknown, region: string): unknown {
  if (!(error instanceof GraphQLError) || codeOf(error) !== 'PARTIAL_WRITE') return error;
  const pods = namedIn(region, error.extensions['pods'] as readonly PodOutcome[]);
  return new GraphQLError(error.message, { extensions: { ...error.extensions, pods } });
}
