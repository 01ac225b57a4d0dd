import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbedded } from '../../subgraphs/embedded/embedded.ts';
import type { EmbeddedDatabase } from '../../subgraphs/embedded/embedded.ts';
import { packageRoot } from '../../subgraphs/package-root.ts';

const logger = { info() {}, warn() {}, error() {} };

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function rowsOf(url: string, text: string): Promise<unknown[]> {
  const client = await connect(url);
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('an embedded database in memory', () => {
  let database: EmbeddedDatabase;
  beforeAll(async () => {
    database = await startEmbedded({ folder: null, logger });
  }, 120_000);
  afterAll(() => database.close());

  test('answers node-postgres with pgvector', async () => {
    const rows = await rowsOf(
      database.url,
      "select '[1,2,3]'::vector <-> '[1,2,5]'::vector as distance",
    );

    expect(rows).toEqual([{ distance: 2 }]);
  });

  test('never mixes the statements of eight clients', async () => {
    const clients = Array.from({ length: 8 }, (_, index) => converse(database.url, index));

    expect(await Promise.all(clients)).toEqual(Array(8).fill('answered'));
  });

  test('forgets the transaction of a client that went away, and goes on', async () => {
    const gone = await connect(database.url);
    await gone.query('begin');
    await gone.query('create table left_over (x int)');
    const answer = rowsOf(database.url, "select to_regclass('left_over') as name");
    const ended = once(gone, 'end');
    await gone.end();
    await ended;

    expect(await answer).toEqual([{ name: null }]);
  });
});

/** Every kind of statement, the kinds in another order for each client. */
async function converse(url: string, index: number): Promise<'answered'> {
  const client = await connect(url);
  // More than a socket gives in one piece.
  const large = Buffer.alloc(200_000 + index, index);
  const kinds = [
    async (round: number) =>
      expect(
        (await client.query('select $1::int as a, $2::text as b', [round, `client ${index}`])).rows,
      ).toEqual([{ a: round, b: `client ${index}` }]),
    async () =>
      expect(
        (await client.query('select length($1::bytea) as a, $2::float8 as b', [large, 0.5])).rows,
      ).toEqual([{ a: large.length, b: 0.5 }]),
    async () =>
      expect(client.query('select $1::int / $2::int', [index, 0])).rejects.toMatchObject({
        code: '22012',
      }),
    async () =>
      expect(client.query('select missing from $1', [index])).rejects.toMatchObject({
        code: '42601',
      }),
    async (round: number) => {
      await client.query('begin');
      await client.query("select set_config('quiver.test', $1, true)", [`${index}`]);
      const { rows } = await client.query("select current_setting('quiver.test') as a");
      expect(rows).toEqual([{ a: `${index}` }]);
      await client.query(round % 2 === 0 ? 'commit' : 'rollback');
    },
  ];
  for (let round = 0; round < 25; round++) await kinds[(index + round) % kinds.length]!(round);
  await client.end();
  return 'answered';
}

describe('an embedded database in a folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'quiver-test-')), 'pod');
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

  test('keeps what was written when its process is killed', async () => {
    const first = await startEmbedded({ folder, logger });
    await rowsOf(first.url, 'create table kept as select 42 as x');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });

    const second = await startEmbedded({ folder, logger });
    expect(await rowsOf(second.url, 'select x from kept')).toEqual([{ x: 42 }]);
    await second.close();
    expect(await second.exited).toEqual({ code: 0, signal: null });
  }, 120_000);

  test('closes in peace while clients are connected, even in a transaction', async () => {
    const database = await startEmbedded({ folder, logger });
    const clients = await Promise.all(Array.from({ length: 4 }, () => connect(database.url)));
    await clients[0]!.query('begin');
    for (const client of clients) client.query('select 1').catch(() => {});

    await database.close();
    expect(await database.exited).toEqual({ code: 0, signal: null });
  }, 120_000);

  test('refuses a second process with one message that names the folder', async () => {
    const first = await startEmbedded({ folder, logger });

    await expect(startEmbedded({ folder, logger })).rejects.toThrow(
      `The folder ${folder} must be free; another Quiver is using it.`,
    );
    expect(await rowsOf(first.url, 'select 1 as x')).toEqual([{ x: 1 }]);
    await first.close();
  }, 120_000);

  test('starts afresh where the first start was broken off', async () => {
    mkdirSync(join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'data', 'PG_VERSION'), '18');

    const database = await startEmbedded({ folder, logger });
    expect(await rowsOf(database.url, 'select 1 as x')).toEqual([{ x: 1 }]);
    await database.close();
  }, 120_000);

  test('ends with the process that started it, and can be started again', async () => {
    const parent = spawn(process.execPath, ['--input-type=module', '-e', startIn(folder)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = (await once(parent.stdout.setEncoding('utf8'), 'data')) as [string];
    parent.kill('SIGKILL');

    const again = await startEmbedded({ folder, logger });
    expect(await rowsOf(again.url, 'select 1 as x')).toEqual([{ x: 1 }]);
    await again.close();
    expect(existsSync(new URL(url).searchParams.get('host')!)).toBe(false);
  }, 120_000);
});

const startIn = (folder: string): string => `
  import { startEmbedded } from ${JSON.stringify(join(packageRoot(), 'dist/subgraphs/embedded/embedded.js'))};
  const logger = { info() {}, warn() {}, error() {} };
  const database = await startEmbedded({ folder: ${JSON.stringify(folder)}, logger });
  process.stdout.write(database.url);
`;
