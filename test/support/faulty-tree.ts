import { createRemoteStore } from '../../gateway/remote-store.ts';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import type { CollectionSpec, NewRecord, VectorStore } from '../../subgraphs/store.ts';
import { openFaultyPods, type FaultyPods } from './faulty-pods.ts';
import { during, silent } from './store-calls.ts';
import { openRegion, type Region } from './subjects.ts';

/** A gateway over two gateways, east over pod-c and west over pod-a and pod-b, all breakable. */
export interface FaultyTree {
  readonly pods: FaultyPods;
  readonly east: Region;
  readonly west: Region;
  /** A new one of the largest gateway, which remembers nothing. */
  top(): VectorStore;
  /** A second gateway of west. */
  anotherWest(): VectorStore;
  close(): Promise<void>;
}

export async function openFaultyTree(): Promise<FaultyTree> {
  const pods = await openFaultyPods();
  const inWest = [
    { name: 'pod-a', store: pods.a.store },
    { name: 'pod-b', store: pods.b.store },
  ];
  const east = await openRegion('east', [{ name: 'pod-c', store: pods.c.store }]);
  const west = await openRegion('west', inWest);
  return {
    pods,
    east,
    west,
    top: () => createShardedStore({ pods: [east, west], logger: silent }),
    anotherWest: () => createShardedStore({ pods: inWest, logger: silent }),
    async close() {
      await east.close();
      await west.close();
    },
  };
}

export const remote = (pod: string, url: string): VectorStore =>
  createRemoteStore({ pod, url, connectionsMax: 4, logger: silent });

/** What the tests do with the collection of the moment. */
export const speakOf = (spec: () => CollectionSpec) => {
  const rowOf = (store: VectorStore) =>
    during((call) => store.describe(spec(), call, { fresh: true }));
  return {
    create: (store: VectorStore, more: Partial<CollectionSpec> = {}) =>
      during((call) => store.createCollection({ ...spec(), ...more }, null, call)),
    upsert: (store: VectorStore, records: readonly NewRecord[]) =>
      during((call) => store.upsert({ ...spec(), version: null, records }, call)),
    count: (store: VectorStore) => during((call) => store.count({ ...spec(), filter: null }, call)),
    rowOf,
    stateOn: async (store: VectorStore) => (await rowOf(store))?.placement.state ?? null,
  };
};
