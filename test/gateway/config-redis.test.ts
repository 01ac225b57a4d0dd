import { defaultCache } from '../../gateway/cache/settings.ts';
import { redisPlace } from '../../gateway/cli/configuration.ts';
import { parseConfig, type Environment } from '../../gateway/config.ts';

const pods = 'pods: [{ name: a, url: "http://127.0.0.1:4101/graphql" }]';

const redisOf = (yaml: string, env: Environment = {}) =>
  parseConfig(`${pods}\nredis: ${yaml}`, env).redis;

const refusalOf = (yaml: string, env: Environment = {}): string => {
  try {
    parseConfig(`${pods}\n${yaml}`, env);
  } catch (error) {
    const [, ...problems] = (error as Error).message.split('\n  ');
    return problems.join('\n');
  }
  return '';
};

describe('the hot cache in the configuration', () => {
  test('is on, small, and short-lived, and each of its settings can be another', () => {
    expect(parseConfig(pods, {}).cache).toEqual(defaultCache);
    expect(defaultCache).toEqual({
      admitAfter: 2,
      ttlMs: 300_000,
      maxBytes: 67_108_864,
      maxEntryBytes: 262_144,
    });
    expect(parseConfig(`${pods}\ncache: { ttlMs: 5000, admitAfter: 1 }`, {}).cache).toEqual({
      ...defaultCache,
      ttlMs: 5_000,
      admitAfter: 1,
    });
  });

  test('can be turned off, whatever else is said of it', () => {
    expect(parseConfig(`${pods}\ncache: { enabled: false, ttlMs: 5000 }`, {}).cache).toBeNull();
  });

  test('is told what makes no sense', () => {
    const text =
      'cache: { admitAfter: 0, ttlMs: 1000.5, maxBytes: 100, maxEntryBytes: "1 MB", ttl: 5 }';

    expect(refusalOf(text)).toBe(
      [
        'file.cache has the unknown key "ttl"',
        'file.cache.admitAfter must be at least 1; got 0',
        'file.cache.ttlMs must be a whole number; got 1000.5',
        'file.cache.maxBytes must be at least 1048576; got 100',
        'file.cache.maxEntryBytes must be a whole number; got "1 MB"',
      ].join('\n'),
    );
  });

  test('cannot keep an entry that is larger than itself', () => {
    expect(refusalOf('cache: { maxBytes: 1048576, maxEntryBytes: 1048577 }')).toBe(
      'file.cache.maxEntryBytes must be at most maxBytes, 1048576; got 1048577',
    );
  });
});

describe('Redis in the configuration', () => {
  test('is a URL, and its keys begin with quiver:', () => {
    expect(redisOf('{ url: "rediss://r:6380/1" }')).toEqual({
      settings: { url: 'rediss://r:6380/1' },
      prefix: 'quiver:',
    });
  });

  test('is found by sentinels, with a password of their own', () => {
    const place = redisOf(
      `
  sentinels: [{ host: s1 }, { host: s2, port: 26380 }]
  name: main
  sentinelPassword: \${WATCHERS}
  username: quiver
  password: \${PASSWORD}
  prefix: 'docs:'`,
      { WATCHERS: 'w', PASSWORD: 'p' },
    );

    expect(place).toEqual({
      settings: {
        sentinels: [
          { host: 's1', port: 26_379 },
          { host: 's2', port: 26_380 },
        ],
        name: 'main',
        sentinelPassword: 'w',
        username: 'quiver',
        password: 'p',
      },
      prefix: 'docs:',
    });
  });

  test('is a cluster, behind certificates that come from the environment', () => {
    const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

    const place = redisOf(
      '{ cluster: ["rediss://n1:7000", "rediss://n2"], tls: { ca: "${CA}" } }',
      {
        CA: certificate,
      },
    );

    expect(place).toEqual({
      settings: { cluster: ['rediss://n1:7000', 'rediss://n2'], tls: { ca: certificate } },
      prefix: 'quiver:',
    });
  });

  test('is what REDIS_URL says, with the prefix of the file and nothing else of it', () => {
    const env = { REDIS_URL: 'redis://other' };

    expect(redisOf('{ url: "redis://r", password: p, prefix: "docs:" }', env)).toEqual({
      settings: { url: 'redis://other' },
      prefix: 'docs:',
    });
    expect(parseConfig(pods, env).redis).toEqual({
      settings: { url: 'redis://other' },
      prefix: 'quiver:',
    });
  });

  test('is none of a pod’s business', () => {
    const text = 'redis: { url: "redis://r", password: "${REDIS_PASSWORD}" }';

    expect(parseConfig(text, {}, { reader: 'pod' }).redis).toBeNull();
  });

  test.each([
    ['nowhere', '{}', 'file.redis must have exactly one of url, sentinels and cluster'],
    [
      'in two places',
      '{ url: "redis://r", cluster: ["redis://r"] }',
      'file.redis must have exactly one of url, sentinels and cluster',
    ],
    [
      'behind sentinels that are not told its name',
      '{ sentinels: [{ host: s }] }',
      'file.redis needs "name" beside "sentinels"',
    ],
    [
      'named, with a sentinel’s password, without sentinels',
      '{ url: "redis://r", name: main, sentinelPassword: w }',
      'file.redis needs "sentinels" beside "name"\n' +
        'file.redis needs "sentinels" beside "sentinelPassword"',
    ],
    [
      'with a certificate and no key',
      '{ url: "redis://r", tls: { cert: "-----BEGIN CERTIFICATE-----" } }',
      'file.redis.tls needs "key" beside "cert"',
    ],
    [
      'with the name of a file as certificate',
      '{ url: "redis://r", tls: { ca: /etc/ca.pem } }',
      'file.redis.tls.ca must be the text of a PEM file, best as ${NAME}; got "/etc/ca.pem"',
    ],
    [
      'with braces before its keys',
      '{ url: "redis://r", prefix: "{a}" }',
      'file.redis.prefix must be without { and }, which choose the node of a cluster; got "{a}"',
    ],
    ['at a URL without a host', '{ url: "redis://:6379:1" }', 'file.redis.url must be a whole URL'],
    [
      'with two passwords',
      '{ url: "redis://:one@r", password: two, username: ann }',
      'file.redis.password must be given once; the URL has one too',
    ],
    [
      'a cluster whose nodes have a password or a database',
      '{ cluster: ["redis://:secret@n1", "redis://n2/1", "redis://n3/"] }',
      [0, 1]
        .map(
          (i) =>
            `file.redis.cluster[${i}] must be a whole URL, without a user, password or database: ` +
            'username and password stand beside the list',
        )
        .join('\n'),
    ],
    [
      'at what is no Redis',
      '{ url: "http://r" }',
      'file.redis.url must begin with redis:// or rediss://',
    ],
    [
      'a URL alone',
      '"redis://:secret@r"',
      'file.redis must have exactly one of url, sentinels and cluster\nfile.redis must be an object',
    ],
    [
      'with a number as password',
      '{ url: "redis://r", password: 12345 }',
      'file.redis.password must be text',
    ],
    [
      'with a key that is none',
      '{ url: "redis://r", tls: { cert: "-----BEGIN C", key: secret } }',
      'file.redis.tls.key must be the text of a PEM file, best as ${NAME}',
    ],
  ])('cannot be %s', (_what, yaml, problems) => {
    expect(refusalOf(`redis: ${yaml}`)).toBe(problems);
  });
});

describe('Redis on the command line', () => {
  test('is a URL; an empty one, as an environment may have it, is none', () => {
    expect(redisPlace('rediss://:secret@r')).toEqual({
      settings: 'rediss://:secret@r',
      prefix: 'quiver:',
    });
    expect(redisPlace('')).toBeNull();
    expect(redisPlace(undefined)).toBeNull();
  });

  test.each(['r:6379', 'http://:secret@r', 'redis://:secret:1'])('cannot be %j', (url) => {
    expect(() => redisPlace(url)).toThrow(/^(?!.*secret).*must be a URL that begins with redis:/);
  });
});
