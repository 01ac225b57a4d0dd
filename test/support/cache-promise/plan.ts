import { createRandom } from '../../bench/random.ts';
import {
  weathers,
  type Change,
  type Clear,
  type Look,
  type Operation,
  type Storm,
  type Write,
} from './operation.ts';
import { questions } from './questions.ts';

/** Operations in the order in which workers take them up; the same for the same numbers. */
export interface PlanOptions {
  readonly seed: number;
  readonly operationCount: number;
  readonly gatewayCount: number;
  /** Whether what stands between gateways, Redis and databases fails at times. */
  readonly stormy: boolean;
}

export const collectionCount = 3;
export const podCount = 3;
export const slotsPerCollection = 24;
const rankCount = 32;
export const groups = ['a', 'b', 'c'] as const;

export function drawPlan(options: PlanOptions): readonly Operation[] {
  const { seed, operationCount, gatewayCount, stormy } = options;
  const draw = createDraw(seed);

  const look = (collection: number): Look => ({
    kind: 'look',
    gateway: draw.below(gatewayCount),
    collection,
    question: draw.skewed(questions.length),
    timeoutMs: timeoutMs(),
  });
  const timeoutMs = (): number => (draw.below(40) === 0 ? impatientMs : patientMs);

  function write(collection: number): Write {
    const gateway = draw.below(10) < 7 ? draw.below(gatewayCount) : null;
    return {
      kind: 'write',
      gateway,
      collection,
      change: gateway === null ? drawHidden(draw) : drawChange(draw),
      rolledBack: gateway === null && draw.below(8) === 0,
      timeoutMs: timeoutMs(),
      after: Array.from({ length: 1 + draw.below(3) }, () => look(collection)),
    };
  }

  function operation(): Look | Write | Clear | Storm {
    const collection = draw.skewed(collectionCount);
    const lot = draw.below(1_000);
    if (lot < 100) return write(collection);
    if (lot < 105) return { kind: 'clear', gateway: draw.below(gatewayCount), collection };
    if (lot < 117 && stormy) return drawStorm(draw, gatewayCount);
    return look(collection);
  }

  return Array.from({ length: operationCount }, () => ({
    ...operation(),
    pauseMs: draw.below(pauseMsMax),
  }));
}

const patientMs = 10_000;
const impatientMs = 40;
/** Long enough that the machine has room: who is late with everything caches nothing. */
const pauseMsMax = 100;

type Draw = ReturnType<typeof createDraw>;

function createDraw(seed: number) {
  const random = createRandom(seed);
  const below = (count: number): number => Math.floor(random() * count);
  return {
    below,
    /** The first of them most often. */
    skewed: (count: number): number => Math.floor(random() ** 2 * count),
    oneOf: <T>(items: readonly T[]): T => items[below(items.length)]!,
    /** One to four of them, in their order. */
    slots: (): number[] => {
      const drawn = Array.from({ length: 1 + below(4) }, () => below(slotsPerCollection));
      return [...new Set(drawn)].sort((a, b) => a - b);
    },
  };
}

function drawChange(draw: Draw): Change {
  const lot = draw.below(100);
  if (lot < 50) return drawPut(draw);
  if (lot < 70) return { kind: 'label', slots: draw.slots(), group: draw.oneOf(groups) };
  if (lot < 92) return { kind: 'remove', slots: draw.slots() };
  if (lot < 97) return { kind: 'removeGroup', group: draw.oneOf(groups) };
  return { kind: 'replace' };
}

function drawHidden(draw: Draw): Change {
  const lot = draw.below(100);
  if (lot < 50) return drawPut(draw);
  if (lot < 65) return { kind: 'label', slots: draw.slots(), group: draw.oneOf(groups) };
  if (lot < 85) return { kind: 'remove', slots: draw.slots() };
  return { kind: lot < 90 ? 'truncate' : 'swap', pod: draw.below(podCount) };
}

const drawPut = (draw: Draw): Change => ({
  kind: 'put',
  records: draw.slots().map((slot) => ({
    slot,
    rank: draw.below(rankCount),
    group: draw.oneOf(groups),
  })),
});

const drawStorm = (draw: Draw, gatewayCount: number): Storm => ({
  kind: 'storm',
  // What is under way for long is met by much.
  what: draw.below(2) === 0 ? 'podFrozen' : draw.oneOf(weathers),
  gateway: draw.below(gatewayCount),
  pod: draw.below(podCount),
  forMs: 20 + draw.below(500),
});
