import { createServer, type AddressInfo } from 'node:net';
import { startCall } from '../../../subgraphs/call.ts';
import type { Database, Statement } from '../../../subgraphs/postgres/database.ts';
import { connectError } from '../../../subgraphs/postgres/database-errors.ts';
import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import { onReal, testDatabases } from '../../support/databases.ts';
import { codeFrom, during, silent } from '../../support/store-calls.ts';
import { openPodDatabase } from './open-pod.ts';

const statement = (text: string, ...values: unknown[]): Statement => ({ text, values });
const sleep = statement('select pg_sleep(60)');
const backend = statement('select pg_backend_pid() as pid');

const run = <Row>(database: Database, what: Statement) =>
  during((call) => database.query<Row>(what, call));

const single = (): Database =>
  openDatabase({ ...testDatabases()[0]!, pod: 'pod-a', connectionsMax: 1, logger: silent });

const unreachable = (url: string): Database =>
  openDatabase({
    url,
    pod: 'pod-a',
    connectionsMax: 1,
    named: true,
    cancellable: true,
    logger: silent,
  });

test('bigint comes as a number, and a statement that fails leaves its connection usable', async () => {
  const database = openPodDatabase();
  expect(await run(database, statement('select 7::bigint as n'))).toEqual([{ n: 7 }]);
  expect(await codeFrom(run(database, statement('select no_such_column')))).toContain(
    'no_such_column',
  );
  expect(await run(database, statement('select $1::text as word', 'ä'))).toEqual([{ word: 'ä' }]);
  await database.close();
});

test('a transaction that throws leaves nothing behind', async () => {
  const database = openPodDatabase();
  const name = `half_${process.pid}`;
  const failing = during((call) =>
    database.transaction(async (query) => {
      await query(statement(`create table ${name} (id int)`));
      throw new Error('half-way');
    }, call),
  );
  await expect(failing).rejects.toThrow('half-way');
  const [row] = await run<{ there: boolean }>(
    database,
    statement(`select to_regclass('${name}') is not null as there`),
  );
  expect(row!.there).toBe(false);
  await database.close();
});

test('a caller whose time is over does not wait, whatever the statement does', async () => {
  const database = openPodDatabase();
  await expect(
    during((call) => database.query(statement('select pg_sleep(0.5)'), call), 50),
  ).rejects.toMatchObject({
    extensions: { code: 'DEADLINE_EXCEEDED', timeoutMs: 50, pod: 'pod-a', outcome: 'unknown' },
  });
  await database.close();
});

onReal('a statement is cancelled when its caller goes, and its connection works on', async () => {
  const database = single();
  const [before] = await run<{ pid: number }>(database, backend);
  const observer = openPodDatabase();
  const activity = statement(
    `select state, query from pg_stat_activity where pid = $1 and wait_event = 'PgSleep'`,
    before!.pid,
  );

  const call = startCall({ timeoutMs: 20_000, requestId: 'test' });
  const sleeping = codeFrom(database.query(sleep, call));
  while ((await run(observer, activity)).length === 0);
  call.abort();

  expect(await sleeping).toBe('DEADLINE_EXCEEDED');
  // The only connection is lent again when the cancellation is over: so this waits for it.
  const [after] = await run<{ pid: number }>(database, backend);
  expect(after!.pid).toBe(before!.pid);
  expect(await run(observer, activity)).toEqual([]);

  call.end();
  await Promise.all([database.close(), observer.close()]);
});

onReal('a late cancellation never hits the next statement of the connection', async () => {
  const database = single();
  for (let i = 0; i < 300; i++) {
    const call = startCall({ timeoutMs: 20_000, requestId: 'test' });
    const first = database.query(statement('select pg_sleep(0.002)'), call).catch(() => undefined);
    setTimeout(() => call.abort(), i % 5);
    await first;
    expect(await run(database, statement('select 1 as one'))).toEqual([{ one: 1 }]);
    call.end();
  }
  await database.close();
});

onReal('a call that waits for a connection ends with its deadline, and wrote nothing', async () => {
  const database = single();
  const first = startCall({ timeoutMs: 20_000, requestId: 'test' });
  const sleeping = codeFrom(
    database.transaction((query) => query(statement('select pg_sleep(0.3)')), first),
  );
  await expect(during((call) => database.query(backend, call), 20)).rejects.toMatchObject({
    extensions: { code: 'DEADLINE_EXCEEDED', outcome: 'notWritten' },
  });
  expect(await sleeping).toBe('none');
  first.end();
  await database.close();
});

onReal('no more than a thousand callers wait for a connection', async () => {
  const database = single();
  const call = startCall({ timeoutMs: 20_000, requestId: 'test' });
  const waiting = Array.from({ length: 1_002 }, () =>
    codeFrom(database.query(statement('select 1'), call)),
  );
  const refused = (await Promise.all(waiting)).filter((code) => code === 'OVERLOADED');
  expect(refused).toHaveLength(1);
  call.end();
  await database.close();
});

onReal('a connection that breaks under a statement leaves its outcome unknown', async () => {
  const database = single();
  const [{ pid }] = (await run<{ pid: number }>(database, backend)) as [{ pid: number }];
  const observer = openPodDatabase();
  const broken = during((call) => database.query(sleep, call));
  const code = codeFrom(broken);
  await run(observer, statement('select pg_terminate_backend($1)', pid));

  expect(await code).toBe('POD_UNAVAILABLE');
  const [next] = await run<{ pid: number }>(database, backend);
  expect(next!.pid).not.toBe(pid);
  await Promise.all([database.close(), observer.close()]);
});

for (const state of ['40001', '55P03', '25006']) {
  onReal(
    `after a statement that was refused with ${state} its connection is used again`,
    async () => {
      const database = single();
      const refused = statement(`do $$ begin raise sqlstate '${state}'; end $$`);
      const before = await run(database, backend);

      expect(await codeFrom(run(database, refused))).toBe('POD_UNAVAILABLE');
      const inTransaction = during((call) => database.transaction((query) => query(refused), call));
      expect(await codeFrom(inTransaction)).toBe('POD_UNAVAILABLE');
      expect(await run(database, backend)).toEqual(before);
      await database.close();
    },
  );
}

onReal('an idle connection that breaks does no harm', async () => {
  const database = single();
  const [{ pid }] = (await run<{ pid: number }>(database, backend)) as [{ pid: number }];
  const observer = openPodDatabase();
  await run(observer, statement('select pg_terminate_backend($1)', pid));
  // The first may still meet the broken connection; the pool has seen it then.
  await run(database, backend).catch(() => undefined);
  expect(await run(database, statement('select 1 as one'))).toEqual([{ one: 1 }]);
  await Promise.all([database.close(), observer.close()]);
});

test('a database that is not there is unavailable, and nothing of its address is said', async () => {
  const database = unreachable('postgres://secret@127.0.0.1:1/hidden');
  const failing = during((call) => database.query(backend, call));
  await expect(failing).rejects.toMatchObject({
    message:
      'Pod "pod-a" did not take a connection: nothing listens at its address (ECONNREFUSED).',
    extensions: { code: 'POD_UNAVAILABLE', pod: 'pod-a', outcome: 'notWritten' },
  });
  await database.close();
});

onReal('a server that refuses a connection has said why', async () => {
  const [noRole, noDatabase] = [new URL(testDatabases()[0]!.url), new URL(testDatabases()[0]!.url)];
  noRole.username = 'nobody_of_this_name';
  noDatabase.pathname = '/nothing_of_this_name';
  const messageOf = async (url: string) => {
    const database = unreachable(url);
    const said = await during((call) => database.query(backend, call)).catch(String);
    await database.close();
    return said;
  };

  expect(await messageOf(noDatabase.href)).toMatch(
    /"pod-a" did not take a connection: its database does not exist \(3D000\)\.$/,
  );
  expect(await messageOf(noRole.href)).toMatch(
    /"pod-a" did not take a connection: it does not let its role in, .* \(28\w{3}\)\.$/,
  );
});

test.each([
  ['ENOTFOUND', /: its host is not known \(ENOTFOUND\)/],
  ['SELF_SIGNED_CERT_IN_CHAIN', /: its certificate cannot be trusted \(SELF_/],
  ['57P03', /: it is starting up \(57P03\)/],
  ['ESTRANGE', /did not take a connection \(ESTRANGE\)/],
])('why there is no connection is said in words: %s', (code, message) => {
  const error = Object.assign(new Error('secret.example.com, secret_role'), { code });

  expect(connectError('pod-a', error).message).toMatch(message);
  expect(connectError('pod-a', error).message).not.toContain('secret');
});

test('a server that hangs up or never answers costs no more than the deadline', async () => {
  const sockets = new Set<{ destroy(): void }>();
  const mute = createServer((socket) => sockets.add(socket.resume())).listen(0);
  const rude = createServer((socket) => socket.destroy()).listen(0);
  const urlOf = (server: typeof mute) =>
    `postgres://u@127.0.0.1:${(server.address() as AddressInfo).port}/x`;
  const [silentOne, rudeOne] = [unreachable(urlOf(mute)), unreachable(urlOf(rude))];

  expect(await codeFrom(during((call) => silentOne.query(backend, call), 100))).toBe(
    'DEADLINE_EXCEEDED',
  );
  expect(await codeFrom(during((call) => rudeOne.query(backend, call)))).toBe('POD_UNAVAILABLE');
  for (const socket of sockets) socket.destroy();
  await Promise.all([silentOne.close(), rudeOne.close()]);
  mute.close();
  rude.close();
});
