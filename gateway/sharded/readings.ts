import type { Call } from '../../subgraphs/call.ts';
import type { CollectionRef } from '../../subgraphs/store.ts';
import { within } from '../../subgraphs/within.ts';
import type { HomeOf } from './found.ts';
import { idOf, type Memory } from './known.ts';
import type { Pods } from './pods.ts';
import { readPods, type Reading } from './reading.ts';
import type { Sweeper } from './sweeper.ts';

/** What pods say is remembered, and what is gone is swept. */
export interface Readings {
  /** What all pods say now, in half of the time that is left; never rejects. */
  read(ref: CollectionRef, call: Call): Promise<Reading>;
  /** The same, without waiting for pods that keep silent and have no part of it. */
  readMembers(ref: CollectionRef, call: Call): Promise<Reading>;
  /** The same, once for all who want to know at the same time. */
  readTogether(ref: CollectionRef, call: Call): Promise<Reading>;
}

export function createReadings(rooms: {
  readonly pods: Pods;
  readonly homeOf: HomeOf;
  readonly sweeper: Sweeper;
  readonly memory: Memory;
}): Readings {
  const { sweeper, memory } = rooms;
  const underWay = new Map<string, Promise<Reading>>();
  const disputed = createDisputed();

  function take(ref: CollectionRef, call: Call, reading: Reading): Reading {
    const { collection, dispute, superseded, failures } = reading;
    sweeper.sweep(superseded, call.requestId);
    disputed.note(ref, reading);
    if (dispute !== null) memory.forget(ref);
    else if (collection?.placement.state === 'active') memory.learn(collection);
    else if (collection || failures.length === 0) memory.forget(ref);
    return reading;
  }

  /** Its members spoke long ago, and much may have happened since: only contradictions count. */
  function takeLate(ref: CollectionRef, call: Call, reading: Reading): void {
    sweeper.sweep(reading.superseded, call.requestId);
    disputed.note(ref, reading);
    if (reading.dispute !== null) memory.forget(ref);
  }

  async function readMembers(ref: CollectionRef, call: Call): Promise<Reading> {
    const { all, members } = readPods(ref, call, rooms);
    const first = await (disputed.has(ref) ? all : Promise.race([all, members]));
    void all.then((reading) => {
      if (reading !== first) takeLate(ref, call, reading);
    });
    return take(ref, call, first);
  }

  return {
    read: async (ref, call) => take(ref, call, await readPods(ref, call, rooms).all),
    readMembers,
    async readTogether(ref, call) {
      const id = idOf(ref);
      const running = underWay.get(id);
      if (running) {
        const result = await within(call, running);
        // It had the patience of whoever began it; ours may be longer.
        if (result.collection || result.failures.length === 0) return result;
      }
      const started = readMembers(ref, call);
      underWay.set(id, started);
      return started.finally(() => {
        if (underWay.get(id) === started) underWay.delete(id);
      });
    },
  };
}

/** What pods contradicted each other in, until all have spoken and agree: it needs all of them. */
function createDisputed() {
  const names = new Set<string>();
  return {
    has: (ref: CollectionRef): boolean => names.has(idOf(ref)),
    note(ref: CollectionRef, { dispute, failures }: Reading): void {
      if (dispute === null && failures.length === 0) names.delete(idOf(ref));
      if (dispute === null) return;
      if (names.size >= disputedMax) names.clear();
      names.add(idOf(ref));
    },
  };
}

const disputedMax = 10_000;
