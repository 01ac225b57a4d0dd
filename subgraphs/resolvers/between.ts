import { readRef, type CollectionArguments } from '../arguments.ts';
import { withinTime, type VectorsContext } from '../context.ts';
import { errorToWire, type SearchWire } from '../search-wire.ts';
import { pageToWire, scanFromWire, type ScanWire } from '../scan-wire.ts';
import { searchShards } from '../shard-search.ts';
import type { CollectionRef, Inspection } from '../store.ts';

/**
 * What gateways ask of pods and nobody else: the store's own answers as JSON. The callers are
 * ours, so their arguments are taken as they are.
 */
export const betweenQueries = {
  searchVectorShards(
    _: unknown,
    { search }: { readonly search: SearchWire },
    context: VectorsContext,
  ) {
    return withinTime(context, null, (call) => searchShards(search, context, call));
  },

  scanVectorShard(_: unknown, { scan }: { readonly scan: ScanWire }, context: VectorsContext) {
    const query = scanFromWire(scan, context.limits);
    return withinTime(context, null, async (call) =>
      pageToWire(await context.store.scan(query, call)),
    );
  },

  vectorPlacement(_: unknown, args: CollectionArguments, context: VectorsContext) {
    const ref = readRef(args);
    return withinTime(context, null, (call) => context.store.describe(ref, call, { fresh: true }));
  },

  vectorCollectionRows(
    _: unknown,
    args: {
      readonly bucket?: string | null;
      readonly prefix?: string | null;
      readonly first: number;
      readonly after?: CollectionRef | null;
    },
    context: VectorsContext,
  ) {
    return withinTime(context, null, async (call) => {
      const page = await context.store.listCollections(
        {
          bucket: args.bucket ?? null,
          prefix: args.prefix ?? '',
          limit: args.first,
          after: args.after ?? null,
          everyState: true,
        },
        call,
      );
      return { ...page, pods: rowsToWire(page.pods) };
    });
  },

  inspectVectorCollections(
    _: unknown,
    { refs, what }: { readonly refs: readonly CollectionRef[]; readonly what: Inspection },
    context: VectorsContext,
  ) {
    return withinTime(context, null, async (call) => {
      const found = await context.store.inspect(refs, what, call);
      return found.map(rowsToWire);
    });
  },

  vectorChanges(
    _: unknown,
    { refs }: { readonly refs: readonly CollectionRef[] },
    context: VectorsContext,
  ) {
    return withinTime(context, null, async (call) => {
      const found = await context.store.changes(refs, call);
      return found.map(rowsToWire);
    });
  },

  vectorPodReports(_: unknown, _args: unknown, context: VectorsContext) {
    return withinTime(context, null, async (call) => {
      const reports = await context.store.report(call);
      return reports.map(({ pod, error, facts }) => ({
        pod,
        error: error && errorToWire(error),
        facts,
      }));
    });
  },
};

export const betweenMutations = {
  watchVectorCollection(
    _: unknown,
    args: CollectionArguments & { readonly on: boolean },
    context: VectorsContext,
  ) {
    const ref = readRef(args);
    return withinTime(context, null, async (call) => {
      await context.store.watch(ref, args.on, call);
      return true;
    });
  },
};

const rowsToWire = <Row extends { readonly error: Error | null }>(rows: readonly Row[]) =>
  rows.map((row) => ({ ...row, error: row.error && errorToWire(row.error) }));
