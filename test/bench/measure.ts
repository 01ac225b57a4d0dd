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
  /** Searches of each contender before anything is measured. */
  readonly warmUpCount: number;
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
  for (const contender of contenders) await warmUp(contender, plan);

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

/** Servers run for long, and are slower until their code is compiled. */
async function warmUp(contender: Contender, { queries, warmUpCount }: Plan): Promise<void> {
  for (let n = 0; n < warmUpCount; n++) await contender.search(queries[n % queries.length]!);
}

/** In milliseconds, one after the other. */
export async function timeEach(
  contender: Contender,
  queries: readonly Float32Array[],
): Promise<number[]> {
  const times: number[] = [];
  for (const query of queries) times.push(await timed(() => contender.search(query)));
  return times;
}

export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

export interface Burst {
  readonly timesMs: readonly number[];
  readonly perSecond: number;
}

/** What `clientCount` callers at once do in `burstMs`; each knows who it is, and which turn it is. */
export async function burst(
  { clientCount, burstMs }: { readonly clientCount: number; readonly burstMs: number },
  work: (client: number, turn: number) => Promise<unknown>,
): Promise<Burst> {
  const startedAt = performance.now();
  const timesMs: number[] = [];
  const client = async (index: number): Promise<void> => {
    for (let turn = 0; performance.now() - startedAt < burstMs; turn++) {
      timesMs.push(await timed(() => work(index, turn)));
    }
  };
  await Promise.all(Array.from({ length: clientCount }, (_, i) => client(i)));
  return { timesMs, perSecond: (timesMs.length * 1_000) / (performance.now() - startedAt) };
}

async function rateOf(contender: Contender, plan: Plan): Promise<number> {
  const { queries } = plan;
  const { perSecond } = await burst(plan, (client, turn) =>
    contender.search(queries[(client * 7 + turn) % queries.length]!),
  );
  return perSecond;
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
