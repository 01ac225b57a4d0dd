import { benchFaults } from './cache/faults.ts';
import { benchHits } from './cache/hits.ts';
import { openStage, type Stage } from './cache/stage.ts';
import { benchSteps } from './cache/steps.ts';
import { benchWrites } from './cache/writes.ts';
import { benchZipf } from './cache/zipf.ts';
import { dimension, rowCount } from './corpus.ts';

const parts: Readonly<Record<string, (stage: Stage) => Promise<string>>> = {
  hits: benchHits,
  zipf: benchZipf,
  faults: benchFaults,
  writes: benchWrites,
  steps: benchSteps,
};

/**
 * The hot cache over four pods with HNSW indexes, beside a Redis of its own: `redis-server` must be
 * installed. BENCH_PARTS names some of its parts, by commas.
 */
export async function benchCache(servers: readonly string[]): Promise<string> {
  const names = process.env['BENCH_PARTS']?.split(',') ?? Object.keys(parts);
  const stage = await openStage(servers);
  try {
    const tables: string[] = [];
    for (const name of names) {
      tables.push(`${name}:\n\n${await parts[name]!(stage)}`);
      process.stderr.write(`${tables.at(-1)}\n\n`);
    }
    const data = `${rowCount} x ${dimension}, clustered, four pods, HNSW, k 10.`;
    return [data, ...tables].join('\n\n');
  } finally {
    await stage.close();
  }
}
