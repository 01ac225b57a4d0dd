import type { RedisSettings } from './cache/redis-client.ts';
import { defaultCache, defaultPrefix } from './cache/settings.ts';
import type { CacheSettings, RedisPlace } from './cache/settings.ts';
import { integer, oneOf, record, text } from './config-values.ts';

/** What a file says of the hot cache, and of its Redis. */
export interface CacheEntries {
  readonly cache: CacheSettings & { readonly enabled: boolean };
  readonly redis?: RedisEntry;
}

type RedisEntry = Exclude<RedisSettings, string> & { readonly prefix: string };

const kilobyte = 1_024;
const gigabyte = 1_024 ** 3;

export const cacheSchema = {
  description: 'The hot cache: answers of searches that are asked again and again.',
  ...record({
    enabled: { type: 'boolean', default: true },
    admitAfter: {
      ...integer(1, 1_000, defaultCache.admitAfter),
      description: 'The sighting of a search, within ttlMs, from which on its answer is kept.',
    },
    ttlMs: {
      ...integer(1_000, 86_400_000, defaultCache.ttlMs),
      description: 'How long an answer is kept.',
    },
    maxBytes: {
      ...integer(kilobyte ** 2, 64 * gigabyte, defaultCache.maxBytes),
      description: "In the gateway's memory. A Redis has a bound of its own.",
    },
    maxEntryBytes: {
      ...integer(kilobyte, 16 * kilobyte ** 2, defaultCache.maxEntryBytes),
      description: 'A larger answer is not kept.',
    },
  }),
  default: {},
};

const redisUrl = {
  type: 'string',
  pattern: '^rediss?://',
  patternErrorMessage: 'must begin with redis:// or rediss://',
};

const pem = {
  type: 'string',
  pattern: '^\\s*-----BEGIN ',
  patternErrorMessage: 'must be the text of a PEM file, best as ${NAME}',
};

export const redisSchema = {
  description: 'What gateways share their hot cache by: exactly one of url, sentinels and cluster.',
  ...record({
    url: redisUrl,
    sentinels: {
      type: 'array',
      minItems: 1,
      items: record(
        { host: text, port: { type: 'integer', minimum: 1, maximum: 65_535, default: 26_379 } },
        ['host'],
      ),
    },
    name: { ...text, description: 'What the sentinels call the primary.' },
    sentinelPassword: text,
    cluster: {
      type: 'array',
      minItems: 1,
      description: 'URLs of some of its nodes, which know the others.',
      items: redisUrl,
    },
    username: text,
    password: { ...text, description: 'Best as ${NAME}, from the environment.' },
    tls: {
      description: 'For authorities and certificates of your own; {} is TLS with those of Node.',
      ...record({ ca: pem, cert: pem, key: pem }),
      dependencies: { cert: ['key'], key: ['cert'] },
    },
    prefix: {
      type: 'string',
      maxLength: 64,
      pattern: '^[^{}]*$',
      patternErrorMessage: 'must be without { and }, which choose the node of a cluster',
      default: defaultPrefix,
      description: 'Before every key, for those who share a Redis.',
    },
  }),
  ...oneOf('url', 'sentinels', 'cluster'),
  dependencies: { sentinels: ['name'], name: ['sentinels'], sentinelPassword: ['sentinels'] },
};

/** What each value alone does not show. */
export function cacheProblems({ cache, redis }: CacheEntries): string[] {
  const { maxBytes, maxEntryBytes } = cache;
  const problems = redis ? redisProblems(redis) : [];
  if (maxEntryBytes <= maxBytes) return problems;
  return [
    ...problems,
    `file.cache.maxEntryBytes must be at most maxBytes, ${maxBytes}; got ${maxEntryBytes}`,
  ];
}

/** null: there is none. */
export const readCache = ({ enabled, ...settings }: CacheEntries['cache']): CacheSettings | null =>
  enabled ? settings : null;

export const readRedis = ({ prefix, ...settings }: RedisEntry): RedisPlace => ({
  settings,
  prefix,
});

function redisProblems(redis: RedisEntry): string[] {
  if ('url' in redis) return urlProblems(redis);
  if ('sentinels' in redis) return [];
  return redis.cluster.flatMap((node, i) =>
    isPlainNode(node)
      ? []
      : [
          `file.redis.cluster[${i}] must be a whole URL, without a user, password or database: ` +
            'username and password stand beside the list',
        ],
  );
}

/** Of a URL's and a key's, the URL's would win and nobody be told. */
function urlProblems({
  url: address,
  ...keys
}: Extract<RedisEntry, { readonly url: string }>): string[] {
  if (!URL.canParse(address)) return ['file.redis.url must be a whole URL'];
  const url = new URL(address);
  return (['username', 'password'] as const)
    .filter((key) => url[key] !== '' && keys[key] !== undefined)
    .map((key) => `file.redis.${key} must be given once; the URL has one too`);
}

/** Nodes that the cluster itself tells of are met with the same user, and it has one database. */
function isPlainNode(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { username, password, pathname } = new URL(address);
  return `${username}${password}` === '' && ['', '/'].includes(pathname);
}
