import { readFileSync } from 'node:fs';
import { configSchema } from '../../gateway/config-schema.ts';
import { parseConfig } from '../../gateway/config.ts';
import { defaultLimits } from '../../schema/limits.ts';

const pods = 'pods: [{ name: a, url: "http://127.0.0.1:4101/graphql" }]';

describe('the configuration', () => {
  test('a list of pods is enough; everything else has a default', () => {
    expect(parseConfig(pods, {})).toEqual({
      name: 'quiver',
      host: '127.0.0.1',
      port: 4_000,
      pods: [{ name: 'a', kind: 'url', url: 'http://127.0.0.1:4101/graphql' }],
      subgraphs: [],
      subgraphPollMs: 10_000,
      collectionsFolder: { path: 'schema/collections', mustExist: false },
      cache: { admitAfter: 2, ttlMs: 300_000, maxBytes: 67_108_864, maxEntryBytes: 262_144 },
      redis: null,
      cors: null,
      limits: defaultLimits,
      minCoverage: 0,
      logLevel: 'info',
      embedder: null,
      embedders: [],
      collections: [],
    });
  });

  test('a folder of typed collections that is named must be there', () => {
    expect(parseConfig(`${pods}\ncollectionsFolder: types`, {})).toMatchObject({
      collectionsFolder: { path: 'types', mustExist: true },
    });
  });

  test('a pod is a URL, a database, or a folder', () => {
    const config = parseConfig(
      `pods:
        - { name: a, url: "http://a/graphql" }
        - { name: b, database: "postgres://b/vectors" }
        - { name: c, embedded: data/c }`,
      {},
    );

    expect(config.pods).toEqual([
      { name: 'a', kind: 'url', url: 'http://a/graphql' },
      { name: 'b', kind: 'database', url: 'postgres://b/vectors' },
      { name: 'c', kind: 'embedded', folder: 'data/c' },
    ]);
  });

  test('the environment wins over the file', () => {
    const env = { PORT: '5000', REDIS_URL: 'redis://r', LOG_LEVEL: 'debug' };

    expect(parseConfig(`${pods}\nport: 4001\nlogLevel: warn`, env)).toMatchObject({
      port: 5_000,
      redis: { settings: { url: 'redis://r' }, prefix: 'quiver:' },
      logLevel: 'debug',
    });
  });

  test('a variable in a string comes from the environment', () => {
    const text = 'pods: [{ name: a, database: "postgres://u:${PASSWORD}@${HOST}/v" }]';

    const config = parseConfig(text, { PASSWORD: 'secret', HOST: 'db' });

    expect(config.pods[0]).toMatchObject({ url: 'postgres://u:secret@db/v' });
  });

  test('single limits can be overridden', () => {
    const { limits } = parseConfig(
      `${pods}\ntimeoutMs: 800\nlimits: { windowMax: 50, indexedDimensionMax: { FLOAT32: 100 } }`,
      {},
    );

    expect(limits).toEqual({
      ...defaultLimits,
      timeoutMsDefault: 800,
      windowMax: 50,
      indexedDimensionMax: { FLOAT32: 100, FLOAT16: 4_000 },
    });
  });

  test('an embedder has a name, a URL, a model and a dimension; the rest has defaults', () => {
    const { embedders } = parseConfig(
      `${pods}
embedders: [{ name: words, url: "https://e/v1", model: m, dimension: 8, key: "\${KEY}" }]`,
      { KEY: 'sk-1' },
    );

    expect(embedders).toEqual([
      {
        name: 'words',
        url: 'https://e/v1',
        model: 'm',
        dimension: 8,
        key: 'sk-1',
        encoding: 'base64',
        sendDimension: false,
        batchTextsMax: 128,
        batchCharactersMax: 100_000,
        concurrencyMax: 4,
        waitingMax: 256,
        timeoutMs: 10_000,
      },
    ]);
  });

  test('pages of other sites are let in by their origins', () => {
    const { cors } = parseConfig(`${pods}\ncors: { origins: ["https://app.example.com"] }`, {});

    expect(cors).toEqual({
      origins: ['https://app.example.com'],
      credentials: false,
      maxAgeSeconds: 600,
    });
  });

  test('every problem is in one message', () => {
    const text = `
      prot: 4000
      minCoverage: 2
      pods:
        - { name: Upper, url: "http://a" }
        - { name: b }
        - { name: c, url: "http://c", embedded: c }
        - { name: d, database: "\${NOWHERE}" }
      subgraphs: [{ name: products }]
      logLevel: loud`;

    expect(() => parseConfig(text, { PORT: 'many' })).toThrow(
      [
        'The configuration must be right before anything starts:',
        "  file.pods[3].database needs the environment's NOWHERE",
        '  file has the unknown key "prot"',
        '  file.port must be a whole number; got "many"',
        '  file.pods[0].name must be lower-case letters, digits, and hyphens between them; got "Upper"',
        '  file.pods[1] must have exactly one of url, database and embedded',
        '  file.pods[2] must have exactly one of url, database and embedded',
        '  file.pods[3].database must begin with postgres://; got ""',
        '  file.subgraphs[0] needs "url"',
        '  file.minCoverage must be at most 1; got 2',
        '  file.logLevel must be one of ["error","warn","info","debug","silent"]; got "loud"',
      ].join('\n'),
    );
  });

  test.each([
    ['two pods of one name', 'pods: [{ name: a, embedded: a }, { name: a, embedded: b }]', '"a"'],
    [
      'a subgraph with the name of ours',
      `${pods}\nsubgraphs: [{ name: vectors, url: "http://v" }]`,
      '"vectors"',
    ],
    [
      'a URL without a host',
      'pods: [{ name: a, url: "http://" }]',
      'file.pods[0].url must be a whole URL',
    ],
    [
      'an endpoint without a host',
      `${pods}\nembedders: [{ name: e, url: "https://", model: m, dimension: 8 }]`,
      'file.embedders[0].url must be a whole URL',
    ],
    [
      'a URL with a user',
      'pods: [{ name: a, url: "http://ann:pw@a" }]',
      /^(?!.*pw).*file.pods\[0\].url must be a whole URL, without a user$/s,
    ],
    ['text that is not YAML', 'pods: [', 'must be right'],
    ['an empty file', '', 'file must be an object; got null'],
    ['no pods', 'pods: []', 'file.pods must not be empty; got []'],
    [
      'a table without its schema',
      `${pods}\ncollections: [{ name: docs, table: documents }]`,
      'file.collections[0].table must be schema.table; got "documents"',
    ],
    [
      'a bucket that is the schema of something else',
      `${pods}\ncollections: [{ name: docs, bucket: public }, { name: docs, bucket: PG_temp }]`,
      /collections\[0\].bucket must be a name that is not reserved; got "public"\n.*got "PG_temp"$/,
    ],
    [
      'a list of columns with one twice',
      `${pods}\ncollections: [{ name: docs, table: a.b, columns: [c, c], id: "" }]`,
      /id must not be empty; got ""\n.*columns must name each only once; got \["c","c"\]$/,
    ],
    [
      'an origin with a path',
      `${pods}\ncors: { origins: ["https://app.example.com/", "*"] }`,
      /: *\n  file.cors.origins\[0\] must be \* or a scheme and a host, .*$/,
    ],
    [
      'credentials for everybody',
      `${pods}\ncors: { origins: ["*"], credentials: true }`,
      'file.cors.origins must name every origin where credentials are allowed; got *',
    ],
  ])('%s is refused', (_what, text, message) => {
    expect(() => parseConfig(text, {})).toThrow(message);
  });

  test('a message never quotes a URL, which may hold a password', () => {
    const text = 'pods: [{ name: a, url: "postgres://u:secret@db/v" }]';

    expect(() => parseConfig(text, {})).toThrow(/^(?!.*secret).*must begin with http/s);
  });

  test('nor a key, which no header could carry with a line break in it', () => {
    const text = `${pods}
embedders: [{ name: words, url: "https://e/v1", model: m, dimension: 8, key: "\${KEY}" }]`;

    expect(() => parseConfig(text, { KEY: 'secret\n' })).toThrow(
      /^(?!.*secret).*embedders\[0\].key must be of characters/s,
    );
  });

  test('every pattern of the schema is said in words', () => {
    const patterns = JSON.stringify(configSchema).match(/"pattern":/g);

    expect(
      JSON.stringify(configSchema).match(/"pattern":"[^"]+","patternErrorMessage":"m/g),
    ).toEqual(patterns?.map(() => expect.any(String)));
  });

  test('the published schema is the one that is used', () => {
    const published: unknown = JSON.parse(readFileSync('quiver.schema.json', 'utf8'));

    expect(published).toEqual(structuredClone(configSchema));
  });
});
