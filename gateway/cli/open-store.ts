import { existsSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Limits } from '../../schema/limits.ts';
import { createEmbedders, type Embedders } from '../../subgraphs/embedders/embedders.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import type { VectorStore } from '../../subgraphs/store.ts';
import type { Config } from '../config.ts';
import { createRemoteStore } from '../remote-store.ts';
import { openTopology } from '../topology.ts';
import { configOver, databasePods, readConfig } from './configuration.ts';
import { createPlainLogger } from './plain-logger.ts';

/** What `storeOptions` adds to a command's options. */
export interface StoreOptions {
  readonly config?: string;
  readonly database?: readonly string[];
  readonly url?: string;
}

/** Where the collections are that a command works on. */
export type Source =
  | { readonly kind: 'config'; readonly file: string }
  | { readonly kind: 'databases'; readonly urls: readonly string[] }
  | { readonly kind: 'url'; readonly url: string };

export interface OpenedStore {
  readonly store: VectorStore;
  readonly limits: Limits;
  /** A server at --url has its own, which nobody else knows: there only those of every Quiver. */
  readonly embedders: Embedders;
  readonly config: Config;
  readonly logger: Logger;
}

/** The options that say where the collections are; at most one of them may be given. */
export function storeOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--config <file>', 'a gateway configuration; its pods are opened here').conflicts([
        'database',
        'url',
      ]),
    )
    .addOption(
      new Option('--database <url>', 'a database of a pod, opened here; repeatable')
        .argParser((url: string, urls: string[] | undefined) => [...(urls ?? []), url])
        .conflicts(['config', 'url']),
    )
    .addOption(
      urlOption('the subgraph of a running gateway or pod').conflicts(['config', 'database']),
    );
}

/** For what only a running server knows; without it, what `npm start` serves. */
export const urlOption = (what: string): Option =>
  new Option('--url <url>', `${what} (default: ${served})`).argParser(subgraphUrl);

/** What the options say; else QUIVER_CONFIG, else `quiver.yaml` if it is here, else `npm start`. */
export function sourceOf({ config, database = [], url }: StoreOptions): Source {
  if (url !== undefined) return { kind: 'url', url };
  if (database.length > 0) return { kind: 'databases', urls: database };
  const file = config ?? process.env['QUIVER_CONFIG'] ?? (existsSync(usual) ? usual : undefined);
  return file === undefined ? { kind: 'url', url: served } : { kind: 'config', file };
}

/**
 * Open what the options say for the length of `work`; everything is closed whatever happens. With
 * `diagnosing` a pod that cannot serve says why when it is asked, and nothing is logged.
 */
export async function withStore<T>(
  options: StoreOptions,
  work: (opened: OpenedStore) => Promise<T>,
  { diagnosing = false }: { readonly diagnosing?: boolean } = {},
): Promise<T> {
  const source = sourceOf(options);
  const config = await configOf(source);
  const { limits, embedder: fallback } = config;
  const logger = diagnosing ? mute : createPlainLogger();
  const store = await openStore(source, config, { logger, diagnosing });
  try {
    const embedders = createEmbedders({ ...config, fallback, logger });
    try {
      return await work({ store, limits, embedders, config, logger });
    } finally {
      await embedders.close();
    }
  } finally {
    await store.close();
  }
}

/** Where `npm start` serves. */
export const served = 'http://127.0.0.1:4000/subgraph';
const usual = 'quiver.yaml';

async function configOf(source: Source): Promise<Config> {
  switch (source.kind) {
    case 'config':
      return readConfig(source.file);
    case 'databases':
      return configOver(databasePods(source.urls));
    case 'url': {
      const pod = { name: remoteName, kind: 'url', url: source.url } as const;
      return { ...configOver([pod]), embedder: null };
    }
    default:
      return source satisfies never;
  }
}

const mute: Logger = { info() {}, warn() {}, error() {} };

const remoteName = 'quiver';

/** A pod that is down does not keep the others from answering. */
async function openStore(
  source: Source,
  { limits, pods, collections }: Config,
  { logger, diagnosing }: { readonly logger: Logger; readonly diagnosing: boolean },
): Promise<VectorStore> {
  if (source.kind !== 'url') {
    const kept = { mustBeUp: diagnosing, keepBroken: diagnosing };
    return openTopology({ pods, collections, limits, logger, ...kept, onProgress() {} });
  }
  return createRemoteStore({
    pod: remoteName,
    anyPod: true,
    url: source.url,
    connectionsMax: limits.poolConnectionsMax,
    waitingMax: limits.poolWaitingMax,
    answerBytesMax: limits.answerBytesMax,
    logger,
  });
}

/** A gateway's address alone is enough; a pod's subgraph is at another path, which must be given. */
function subgraphUrl(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('It must be an http URL.');
  }
  const url = new URL(text);
  url.pathname = url.pathname.replace(/\/+$/, '') || '/subgraph';
  return url.href;
}
