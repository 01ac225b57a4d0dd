/** Something that answers a search with the keys found, nearest first. */
export interface Contender {
  readonly name: string;
  search(vector: Float32Array): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface Measured {
  readonly name: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Searches a second with `clientCount` callers at once. */
  readonly throughput: number;
  readonly recall: number;
}

export interface Plan {
  readonly queries: readonly Float32Array[];
  /** The true nearest keys of the first queries. */
  readonly truth: readonly (readonly string[])[];
  readonly roundCount: number;
  readonly clientCount: number;
  readonly burstMs: number;
}

/** Contenders take turns, round by round, so that the machine's moods meet all of them alike. */
export async function measure(
  contenders: readonly Contender[],
  plan: Plan,
): Promise<readonly Measured[]> {
  const times = contenders.map((): number[] => []);
  const rates = contenders.map((): number[] => []);
  for (const contender of contenders) await timeEach(contender, plan.queries);

  for (let round = 0; round < plan.roundCount; round++) {
    for (const [i, contender] of contenders.entries()) {
      times[i]!.push(...(await timeEach(contender, plan.queries)));
    }
    for (const [i, contender] of contenders.entries()) {
      rates[i]!.push(await rateOf(contender, plan));
    }
  }
  const measured: Measured[] = [];
  for (const [i, contender] of contenders.entries()) {
    measured.push({
      name: contender.name,
      p50Ms: quantile(times[i]!, 0.5),
      p95Ms: quantile(times[i]!, 0.95),
      throughput: quantile(rates[i]!, 0.5),
      recall: await recallOf(contender, plan),
    });
  }
  return measured;
}

async function timeEach(contender: Contender, queries: readonly Float32Array[]) {
  const times: number[] = [];
  for (const query of queries) {
    const startedAt = performance.now();
    await contender.search(query);
    times.push(performance.now() - startedAt);
  }
  return times;
}

async function rateOf(contender: Contender, plan: Plan): Promise<number> {
  const startedAt = performance.now();
  let searchCount = 0;
  const client = async (offset: number): Promise<void> => {
    for (let i = offset; performance.now() - startedAt < plan.burstMs; i++) {
      await contender.search(plan.queries[i % plan.queries.length]!);
      searchCount++;
    }
  };
  await Promise.all(Array.from({ length: plan.clientCount }, (_, i) => client(i * 7)));
  return (searchCount * 1_000) / (performance.now() - startedAt);
}

async function recallOf(contender: Contender, { truth, queries }: Plan): Promise<number> {
  let found = 0;
  for (const [i, expected] of truth.entries()) {
    const keys = await contender.search(queries[i]!);
    found += keys.filter((key) => expected.includes(key)).length / expected.length;
  }
  return found / truth.length;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
