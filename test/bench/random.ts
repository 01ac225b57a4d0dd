/** Seeded, so that two runs measure the same data (mulberry32, Tommy Ettinger, public domain). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal, by Box and Muller. */
export const gaussian = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Points around `clusterCount` centres, as embeddings are: never uniform. */
export function createClusters(options: {
  readonly seed: number;
  readonly clusterCount: number;
  readonly dimension: number;
  readonly spread: number;
}): () => Float32Array {
  const { seed, clusterCount, dimension, spread } = options;
  const random = createRandom(seed);
  const centres = Array.from({ length: clusterCount }, () =>
    Float32Array.from({ length: dimension }, () => gaussian(random)),
  );
  return () => {
    const centre = centres[Math.floor(random() * clusterCount)]!;
    return centre.map((x) => x + spread * gaussian(random));
  };
}
