import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { defaultLimits } from '../../schema/limits.ts';
import { defaultCache, defaultPrefix, type RedisPlace } from '../cache/settings.ts';
import { defaultPollMs } from '../config-schema.ts';
import { folderOf, parseConfig, type Config, type PodConfig } from '../config.ts';
import { placeOf } from '../topology.ts';
import { UsageError } from './failures.ts';

/** What a configuration file says to a gateway or a pod; an error names the file. */
export async function readConfig(
  file: string,
  options: { readonly reader: 'gateway' | 'pod' } = { reader: 'gateway' },
): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const needed = `The configuration file ${file} must be readable; name it with --config.`;
    throw new UsageError(needed, { cause: error });
  });
  try {
    const config = parseConfig(text, process.env, options);
    const { path, mustExist } = config.collectionsFolder;
    return { ...config, collectionsFolder: { path: resolve(dirname(file), path), mustExist } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file}: ${message}`, { cause: error });
  }
}

/** What holds when there is no file. */
export const configOver = (pods: readonly PodConfig[]): Config => ({
  name: 'quiver',
  host: '127.0.0.1',
  port: 4_000,
  pods,
  subgraphs: [],
  subgraphPollMs: defaultPollMs,
  collectionsFolder: folderOf(),
  cache: defaultCache,
  redis: null,
  cors: null,
  limits: defaultLimits,
  minCoverage: 0,
  logLevel: process.env['LOG_LEVEL'] ?? 'warn',
  embedder: 'hash',
  embedders: [],
  collections: [],
});

/** pod-a, pod-b, ... */
export const podName = (i: number): string => `pod-${String.fromCodePoint(97 + i)}`;

/** The pods of databases that a command line names, in this order. */
export function databasePods(urls: readonly string[]): PodConfig[] {
  const twice = urls.find((url, i) => urls.indexOf(url) !== i);
  if (twice !== undefined) {
    throw new UsageError(
      `--database must name another one each time; got one twice. ${placeOf(twice)}`,
    );
  }
  // Without what came: it may have a password in it.
  if (!urls.every((url) => /^postgres(ql)?:\/\//.test(url))) {
    throw new UsageError('--database must be a URL that begins with postgres://; got another.');
  }
  return urls.map((url, i) => ({ name: podName(i), kind: 'database', url }));
}

/** The Redis that a command line or its environment names; an empty one is none. */
export function redisPlace(url: string | undefined): RedisPlace | null {
  if (!url) return null;
  if (/^rediss?:\/\//.test(url) && URL.canParse(url)) {
    return { settings: url, prefix: defaultPrefix };
  }
  throw new UsageError(
    '--redis must be a URL that begins with redis:// or rediss://; got another.',
  );
}
