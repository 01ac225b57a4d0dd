import { Cluster, Redis, type RedisOptions } from 'ioredis';

/** Where Redis is, as the configuration says it: a URL (`rediss:` for TLS), or one of these. */
export type RedisSettings =
  | string
  | (Credentials & { readonly url: string })
  | (Credentials & {
      readonly sentinels: readonly { readonly host: string; readonly port: number }[];
      /** What the sentinels call the primary. */
      readonly name: string;
      readonly sentinelPassword?: string;
    })
  /** URLs of some of the cluster's nodes, which know the others. */
  | (Credentials & { readonly cluster: readonly string[] });

interface Credentials {
  readonly username?: string;
  readonly password?: string;
  /** As `node:tls` takes it. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/**
 * The few things that the cache asks of Redis, each one command. They fail as soon as the
 * connection does, and wait for none: whoever asks has a deadline of a few milliseconds.
 */
export interface RedisClient {
  /** The values of keys with one hash tag, in their order. */
  get(keys: readonly string[]): Promise<readonly (Buffer | null)[]>;
  set(key: string, value: Buffer, ttlMs: number): Promise<void>;
  delete(key: string): Promise<void>;
  /** false: there is one. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** One of the answers that the script may give. */
  run(script: Script, key: string, values: readonly (string | number)[]): Promise<unknown>;
  ping(): Promise<void>;
  /** On a new connection; what is awaited on the old one fails. */
  reconnect(): void;
  close(): void;
}

/** In Lua, of one key. */
export interface Script {
  readonly text: string;
  readonly answers: readonly string[];
}

export interface RedisClientOptions {
  /** There is no connection any more, or none to begin with, and why. */
  readonly onLost: (reason: string) => void;
  /** There is one again. */
  readonly onBack: () => void;
}

/** The client is there at once and connects by itself, now and whenever the connection is lost. */
export function createRedisClient(
  settings: RedisSettings,
  options: RedisClientOptions,
): RedisClient {
  const redis = clientFor(typeof settings === 'string' ? { url: settings } : settings);
  tell(redis, options);
  // What fails comes as an event too, and is tried again.
  redis.connect().catch(() => undefined);

  return {
    async get(keys) {
      const values: unknown = await redis.mgetBuffer(...keys);
      if (areValues(values, keys.length)) return values;
      throw new Error('Redis must give a value for each key; something else came.');
    },
    async set(key, value, ttlMs) {
      expectAnswer(await redis.set(key, value, 'PX', ttlMs), ['OK']);
    },
    async delete(key) {
      await redis.del(key);
    },
    async setIfAbsent(key, value, ttlMs) {
      const answer = await redis.set(key, value, 'PX', ttlMs, 'NX');
      expectAnswer(answer, ['OK', null]);
      return answer === 'OK';
    },
    async run({ text, answers }, key, values) {
      const answer = await redis.eval(text, 1, key, ...values);
      expectAnswer(answer, answers);
      return answer;
    },
    async ping() {
      expectAnswer(await redis.ping(), ['PONG']);
    },
    reconnect() {
      // A cluster that is told while it connects would try no more.
      if (redis.status === 'ready') redis.disconnect(true);
    },
    close: () => redis.disconnect(),
  };
}

/** Once when it goes and once when it is back: each try in between is an event too. */
function tell(redis: Redis | Cluster, { onLost, onBack }: RedisClientOptions): void {
  let isLost = false;
  redis.on('error', (error: Error & { readonly code?: string }) => {
    // A host with several addresses fails by several errors in one, whose message is empty. The
    // error itself is not for logs: it may hold a command, and so a password.
    if (!isLost) onLost(error.message || (error.code ?? error.name));
    isLost = true;
  });
  redis.on('ready', () => {
    if (isLost) onBack();
    isLost = false;
  });
}

/** What answers in the place of Redis may say anything. */
function expectAnswer(answer: unknown, expected: readonly unknown[]): void {
  if (!expected.includes(answer)) throw new Error('Redis must answer; something else came.');
}

const areValues = (answer: unknown, count: number): answer is readonly (Buffer | null)[] =>
  Array.isArray(answer) &&
  answer.length === count &&
  answer.every((value) => value === null || Buffer.isBuffer(value));

const connectTimeoutMs = 2_000;
/** Of a connection on which something is awaited and nothing comes: it is taken for dead. */
const silenceMsMax = 1_000;

const retryAfterMs = (times: number): number => Math.min(100 * times, 2_000);

/** Nothing is queued, sent again or waited for. */
const connection = {
  lazyConnect: true,
  protocol: 2,
  connectTimeout: connectTimeoutMs,
  // A connection that is gone already is waited for no longer.
  disconnectTimeout: 100,
  socketTimeout: silenceMsMax,
  keepAlive: 30_000,
  noDelay: true,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  // After a failover the old primary refuses writes: ask anew which it is.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} satisfies RedisOptions;

const single = { ...connection, enableOfflineQueue: false, retryStrategy: retryAfterMs };

function clientFor(settings: Exclude<RedisSettings, string>): Redis | Cluster {
  if ('cluster' in settings) return clusterOf(settings);
  if ('url' in settings) {
    const { url, ...credentials } = settings;
    return new Redis(url, { ...single, ...credentials });
  }
  const { sentinels, ...credentials } = settings;
  return new Redis({
    ...single,
    ...credentials,
    sentinels: [...sentinels],
    sentinelRetryStrategy: retryAfterMs,
    enableTLSForSentinelMode: settings.tls !== undefined,
    ...(settings.tls && { sentinelTLS: settings.tls }),
  });
}

function clusterOf({
  cluster,
  ...credentials
}: Extract<RedisSettings, { readonly cluster: unknown }>): Cluster {
  const isTls = credentials.tls !== undefined || cluster.some((url) => url.startsWith('rediss:'));
  return new Cluster([...cluster], {
    lazyConnect: true,
    enableOfflineQueue: false,
    scaleReads: 'master',
    maxRedirections: 4,
    slotsRefreshTimeout: silenceMsMax,
    clusterRetryStrategy: retryAfterMs,
    // Certificates are for the names that the nodes have, not for the addresses behind them.
    ...(isTls && { dnsLookup: (host, done) => done(null, host) }),
    redisOptions: { ...connection, ...credentials, ...(isTls && { tls: credentials.tls ?? {} }) },
  });
}
