import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parseDocument } from 'yaml';
import { shown } from '../schema/shown.ts';
import type { Limits } from '../schema/limits.ts';
import type { Metric } from '../schema/metric.ts';
import { isReservedBucket } from '../schema/names.ts';
import type { EndpointOptions } from '../subgraphs/embedders/endpoint-options.ts';
import type { TableMapping } from '../subgraphs/postgres/table.ts';
import type { CollectionRef } from '../subgraphs/store.ts';
import type { CacheSettings, RedisPlace } from './cache/settings.ts';
import { cacheProblems, readCache, readRedis } from './config-cache.ts';
import { configSchema } from './config-schema.ts';
import type { CollectionEntry, ConfigFile, PodEntry } from './config-schema.ts';
import { problemOf, patternWords } from './config-problems.ts';
import type { CorsOptions } from './cors.ts';
import type { Subgraph } from './subgraph-client.ts';
import type { CollectionsFolder } from './typed-files.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a pod is: another server, a database served here, or a folder for an embedded one. */
export type PodConfig = { readonly name: string } & (
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'database'; readonly url: string }
  | { readonly kind: 'embedded'; readonly folder: string }
);

export interface Config {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly pods: readonly PodConfig[];
  readonly subgraphs: readonly Subgraph[];
  readonly subgraphPollMs: number;
  readonly collectionsFolder: CollectionsFolder;
  /** null: there is none. */
  readonly cache: CacheSettings | null;
  /** null: the hot cache is this gateway's alone. */
  readonly redis: RedisPlace | null;
  readonly cors: CorsOptions | null;
  readonly limits: Limits;
  readonly minCoverage: number;
  readonly logLevel: string;
  /** Of collections that have none of their own: `hash`, or one of `embedders`. */
  readonly embedder: string | null;
  readonly embedders: readonly EndpointOptions[];
  readonly collections: readonly CollectionConfig[];
}

/** What Quiver cannot read from the databases about a collection. */
export interface CollectionConfig extends CollectionRef {
  /** null: every pod that has it. */
  readonly pods: readonly string[] | null;
  readonly embedder: string | null;
  /** null: its indexes tell. */
  readonly metric: Metric | null;
  /** null: a table as `vecs` makes them. */
  readonly mapping: TableMapping | null;
}

/**
 * The configuration in `text` (YAML or JSON) and the environment: `PORT`, `REDIS_URL` and
 * `LOG_LEVEL` win over the file, and `${NAME}` in a string of the file is replaced, so that
 * passwords stay out of it. Throws one error that names every problem. For a pod the other
 * pods and Redis are passed over: their passwords are none of its business.
 */
export function parseConfig(
  text: string,
  env: Environment,
  { reader }: { readonly reader: 'gateway' | 'pod' } = { reader: 'gateway' },
): Config {
  const problems: string[] = [];
  const read = reader === 'pod' ? forPod(readYaml(text)) : readYaml(text);
  const written = replaceVariables(read, 'file', env, problems);
  const file = withEnvironment(written, env);
  if (!isValid(file, problems)) throw refusal(problems);

  const { pods = [] } = file;
  if (reader === 'gateway' && pods.length === 0) problems.push('file needs "pods"');
  problems.push(...urlProblems(file));
  problems.push(...repeated('pods', pods));
  problems.push(...repeated('subgraphs', [{ name: 'vectors' }, ...file.subgraphs]));
  problems.push(...repeated('embedders', [{ name: 'hash' }, ...file.embedders]));
  problems.push(...collectionProblems(file));
  problems.push(...corsProblems(file));
  problems.push(...cacheProblems(file));
  if (problems.length > 0) throw refusal(problems);

  const { timeoutMs, cache, redis, cors, embedder, collectionsFolder, ...rest } = file;
  return Object.freeze({
    ...rest,
    pods: pods.map(readPod),
    collectionsFolder: folderOf(collectionsFolder),
    cache: readCache(cache),
    redis: redis ? readRedis(redis) : null,
    cors: cors ?? null,
    embedder: embedder ?? null,
    embedders: file.embedders.map((entry) => ({ ...entry, key: entry.key ?? null })),
    collections: file.collections.map(readCollection),
    limits: { ...file.limits, timeoutMsDefault: timeoutMs ?? file.limits.timeoutMsDefault },
  });
}

/** Where typed collections are, as written: whoever knows the file finds it from there. */
export const folderOf = (named?: string): CollectionsFolder => ({
  path: named ?? join('schema', 'collections'),
  mustExist: named !== undefined,
});

const refusal = (problems: readonly string[]): Error =>
  new Error(`The configuration must be right before anything starts:\n  ${problems.join('\n  ')}`);

function readYaml(text: string): unknown {
  const document = parseDocument(text);
  if (document.errors.length === 0) return document.toJS();
  throw refusal(document.errors.map((error) => error.message.split('\n')[0] ?? error.message));
}

/** Lists and objects are walked; `path` names the string for the message. */
function replaceVariables(
  value: unknown,
  path: string,
  env: Environment,
  problems: string[],
): unknown {
  if (Array.isArray(value)) {
    return value.map((part, i) => replaceVariables(part, `${path}[${i}]`, env, problems));
  }
  if (typeof value === 'object' && value !== null) {
    const parts = Object.entries(value).map(([key, part]) => [
      key,
      replaceVariables(part, `${path}.${key}`, env, problems),
    ]);
    return Object.fromEntries(parts) as unknown;
  }
  if (typeof value !== 'string') return value;
  return value.replace(/\$\{(\w+)\}/g, (_match, name: string) => {
    if (env[name] === undefined) problems.push(`${path} needs the environment's ${name}`);
    return env[name] ?? '';
  });
}

function forPod(file: unknown): unknown {
  if (typeof file !== 'object' || file === null) return file;
  return { ...file, pods: undefined, redis: undefined };
}

function withEnvironment(file: unknown, env: Environment): unknown {
  if (typeof file !== 'object' || file === null) return file;
  const port = env['PORT'];
  return {
    ...file,
    ...(port && { port: /^\d+$/.test(port) ? Number(port) : port }),
    ...(env['REDIS_URL'] && { redis: { ...prefixIn(file), url: env['REDIS_URL'] } }),
    ...(env['LOG_LEVEL'] && { logLevel: env['LOG_LEVEL'] }),
  };
}

/** Which Redis it is, is the environment's to say; whom it is shared with is still the file's. */
function prefixIn({ redis }: { readonly redis?: unknown }): object {
  if (typeof redis !== 'object' || redis === null || !('prefix' in redis)) return {};
  return { prefix: redis.prefix };
}

/** Also fills in the defaults, which stand in the schema alone. */
function isValid(file: unknown, problems: string[]): file is ConfigFile {
  const options = { allErrors: true, useDefaults: true, verbose: true, keywords: [patternWords] };
  const validate = new Ajv(options).compile(configSchema);
  if (!validate(file)) {
    const found = (validate.errors ?? []).filter((error) => !error.schemaPath.includes('/oneOf/'));
    problems.push(...found.map(problemOf));
  }
  return problems.length === 0;
}

function repeated(list: string, named: readonly { readonly name: string }[]): string[] {
  const names = named.map(({ name }) => name);
  const again = names.filter((name, i) => names.indexOf(name) !== i);
  return again.map((name) => `file.${list} must have names of their own; "${name}" comes twice`);
}

/** What begins like a URL and is none, or names a user, of whom nobody would be told. */
function urlProblems({ pods = [], subgraphs, embedders }: ConfigFile): string[] {
  return Object.entries({ pods, subgraphs, embedders }).flatMap(([list, entries]) =>
    entries.flatMap(({ url }: { readonly url?: string }, i) =>
      url === undefined || isPlainUrl(url)
        ? []
        : [`file.${list}[${i}].url must be a whole URL, without a user`],
    ),
  );
}

const isPlainUrl = (url: string): boolean =>
  URL.canParse(url) && `${new URL(url).username}${new URL(url).password}` === '';

/** Browsers refuse it, and only they: it would look as if all were well. */
function corsProblems({ cors }: ConfigFile): string[] {
  if (!cors?.credentials || !cors.origins.includes('*')) return [];
  return ['file.cors.origins must name every origin where credentials are allowed; got *'];
}

/** Names that nothing has or that no bucket may have, and collections that are told of twice. */
function collectionProblems(file: ConfigFile): string[] {
  const pods = new Set(file.pods?.map(({ name }) => name));
  const embedders = new Set(['hash', ...file.embedders.map(({ name }) => name)]);
  const unknown = (place: string, what: string, name: string | undefined, known: Set<string>) =>
    name === undefined || known.has(name)
      ? []
      : [`file.${place} must name ${what} (${[...known].join(', ')}); got ${shown(name)}`];
  const names = file.collections.map(({ bucket, name }) => ({ name: `${bucket}.${name}` }));
  return [
    ...unknown('embedder', 'an embedder', file.embedder, embedders),
    ...repeated('collections', names),
    ...file.collections.flatMap(({ bucket, embedder, pods: members = [] }, i) => [
      ...(isReservedBucket(bucket)
        ? [
            `file.collections[${i}].bucket must be a name that is not reserved; got ${shown(bucket)}`,
          ]
        : []),
      ...unknown(`collections[${i}].embedder`, 'an embedder', embedder, embedders),
      ...members
        .filter(() => file.pods !== undefined)
        .flatMap((pod) => unknown(`collections[${i}].pods`, 'pods', pod, pods)),
    ]),
  ];
}

function readCollection(entry: CollectionEntry): CollectionConfig {
  const { bucket, name, pods, embedder, metric, table, id, vector, metadata, columns } = entry;
  const [schema = '', tableName = ''] = table?.split('.') ?? [];
  return {
    bucket,
    collection: name,
    pods: pods ?? null,
    embedder: embedder ?? null,
    metric: metric ?? null,
    mapping:
      table === undefined
        ? null
        : { schema, table: tableName, id, vector, metadata: metadata ?? null, columns },
  };
}

function readPod({ name, url, database, embedded }: PodEntry): PodConfig {
  if (url !== undefined) return { name, kind: 'url', url };
  if (database !== undefined) return { name, kind: 'database', url: database };
  return { name, kind: 'embedded', folder: embedded ?? '' };
}
