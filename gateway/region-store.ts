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
export function createRegionStore(store: VectorStore, region: string): VectorStore {
  const asAbove = (collection: Collection): Collection => {
    const other = otherRegion(collection, region);
    if (other !== null) throw errors.wrongPod(region, other);
    return { ...collection, placement: placementAbove(region, collection.placement) };
  };
  const named = <Row extends { readonly pod: string }>(row: Row): Row => ({
    ...row,
    pod: `${region}/${row.pod}`,
  });

  /** The method of the store, when what it is asked about is this region's. */
  const ours =
    <Q extends CollectionRef, T>(ask: (query: Q, call: Call) => Promise<T>) =>
    async (query: Q, call: Call): Promise<T> => {
      const found = await store.describe(query, call);
      if (found) asAbove(found);
      return ask(query, call);
    };
  const writing = <Q extends CollectionRef, T>(ask: (query: Q, call: Call) => Promise<T>) =>
    ours((query: Q, call) =>
      ask(query, call).catch((error: unknown) => {
        throw withNames(error, named);
      }),
    );

  return {
    ...store,
    async describe(ref, call, options) {
      const found = await store.describe(ref, call, options);
      return found && asAbove(found);
    },
    async listCollections(query, call) {
      const page = await store.listCollections(query, call);
      requireSome(page.collections, region);
      const collections = page.collections
        .filter((collection) => otherRegion(collection, region) === null)
        .map(asAbove);
      return { ...page, collections, pods: page.pods.map(named) };
    },
    async createCollection(spec, placement, call) {
      const asked = placement && placementBelow(region, placement);
      const { collection, created } = await store.createCollection(spec, asked, call);
      return { collection: asAbove(collection), created };
    },
    deleteCollection: (ref, placement, call) =>
      store.deleteCollection(ref, placement && placementBelow(region, placement), call),

    search: ours(async (query, call) => {
      const answer = await store.search(query, call);
      return { ...answer, shards: answer.shards.map(named) };
    }),
    fetch: ours((query, call) => store.fetch(query, call)),
    scan: ours((query, call) => store.scan(query, call)),
    count: ours((query, call) => store.count(query, call)),
    upsert: writing((write, call) => store.upsert(write, call)),
    updateMetadata: writing((write, call) => store.updateMetadata(write, call)),
    delete: writing((write, call) => store.delete(write, call)),

    async inspect(refs, what, call) {
      return (await store.inspect(refs, what, call)).map((rows) => rows.map(named));
    },
    async changes(refs, call) {
      return (await store.changes(refs, call)).map((rows) => rows.map(named));
    },
    async pods(call) {
      return (await store.pods(call)).map((pod) => ({ ...pod, name: `${region}/${pod.name}` }));
    },
    report: async (call) => (await store.report(call)).map(named),
  };
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
function withNames(error: unknown, named: (row: PodOutcome) => PodOutcome): unknown {
  if (!(error instanceof GraphQLError) || codeOf(error) !== 'PARTIAL_WRITE') return error;
  const pods = (error.extensions['pods'] as readonly PodOutcome[]).map(named);
  return new GraphQLError(error.message, { extensions: { ...error.extensions, pods } });
}
