import type { Command } from 'commander';
import type { HotCacheStats } from '../../subgraphs/hot-cache.ts';
import { exitCodesHelp } from './exit-codes.ts';
import { runCommand } from './failures.ts';
import { withGraph } from './graph.ts';
import { served, urlOption } from './open-store.ts';
import { counted, print, printJson, sized } from './output.ts';

export interface RunningOptions {
  readonly url?: string;
  readonly json?: boolean;
}

export function addStats(group: Command): void {
  group
    .command('stats')
    .description('how a running gateway and its hot cache have done since it started')
    .addOption(urlOption('the gateway'))
    .option('--json', 'as GraphQL gives it')
    .addHelpText('after', exitCodesHelp)
    .action((options: RunningOptions) => runCommand(options, () => statsCommand(options)));
}

/** `quiver cache stats`: the root field `vectorCache`. */
export async function statsCommand({ url = served, json }: RunningOptions): Promise<void> {
  const stats = await withGraph({ url }, (graph) => graph.ask<HotCacheStats | null>(document, {}));
  if (stats === null) throw noCache(url);
  if (json) printJson(stats);
  else present(stats);
}

export const noCache = (url: string): Error =>
  new Error(`${url} must be a gateway with a hot cache; it has none.`);

const document = `{
  vectorCache {
    hits misses coalesced bypassed admitted refused
    entries bytes bytesMax
    redis { requests failures resting }
  }
}`;

function present(stats: HotCacheStats): void {
  const { hits, misses, coalesced, bypassed, admitted, refused, entries, bytes, bytesMax } = stats;
  const asked = hits + misses + coalesced;
  const facts = [
    ['hit ratio', asked > 0 ? `${((100 * hits) / asked).toFixed(1)} %` : 'nothing was asked yet'],
    ['hits', hits],
    ['misses', misses],
    ['coalesced', `${coalesced}, with others that asked the same`],
    ['bypassed', `${bypassed}, not part of the ratio`],
    ['kept', `${counted(admitted, 'answer')}, ${refused} refused`],
    ['memory', `${sized(bytes)} of ${sized(bytesMax)}, ${counted(entries, 'entry', 'entries')}`],
    ['Redis', redisOf(stats)],
  ];
  for (const [name, value] of facts) print(`${String(name).padEnd(11)}${value}`);
}

function redisOf({ redis }: HotCacheStats): string {
  if (redis === null) return 'none; the cache is of this gateway alone';
  if (redis.requests === 0) return 'nothing was asked of it yet';
  const asked = `${counted(redis.requests, 'request')}, ${redis.failures} failed`;
  return `${redis.resting ? 'is left alone, as it did badly' : 'answers'}; ${asked}`;
}
