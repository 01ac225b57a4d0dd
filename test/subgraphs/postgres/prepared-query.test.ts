import { Client } from 'pg';
import type { Database, Statement } from '../../../subgraphs/postgres/database.ts';
import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import { PreparedQuery, type Columns } from '../../../subgraphs/postgres/prepared-query.ts';
import { onReal, testDatabases } from '../../support/databases.ts';
import { codeFrom, during, silent } from '../../support/store-calls.ts';

// Statements are prepared on real servers alone: an embedded one has one session for all.

const prepared = (text: string, ...values: unknown[]): Statement => ({
  text,
  values,
  reused: true,
});

const run = <Row>(database: Database, what: Statement) =>
  during((call) => database.query<Row>(what, call));

const single = (): Database =>
  openDatabase({ ...testDatabases()[0]!, pod: 'pod-a', connectionsMax: 1, logger: silent });

let database: Database;
beforeEach(() => {
  database = single();
});
afterEach(() => database.close());

onReal('rows are the same however often the statement comes', async () => {
  const text = `
    select $1::bigint as n, $2::text as word, $3::jsonb as json, $4::text[] as list,
      $5::bytea as bytes, null::int as nothing, $6::float8 as real, $7::bool as yes`;
  const values = [7, 'ä', { a: [1] }, ['x', 'y"z'], Buffer.from([0, 255]), -0.5, true];
  const row = {
    n: 7,
    word: 'ä',
    json: { a: [1] },
    list: ['x', 'y"z'],
    bytes: Buffer.from([0, 255]),
    nothing: null,
    real: -0.5,
    yes: true,
  };

  for (let time = 0; time < 3; time++) {
    expect(await run(database, prepared(text, ...values))).toEqual([row]);
  }
  expect(await run(database, { text, values })).toEqual([row]);
});

onReal('one statement may have no rows, many, and no columns at all', async () => {
  const rows = (count: number) =>
    run(database, prepared('select n from generate_series(1, $1::int) n', count));

  expect(await rows(0)).toEqual([]);
  expect(await rows(3)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  expect(await rows(0)).toEqual([]);
  const lock = prepared('do $$ begin end $$');
  expect([await run(database, lock), await run(database, lock)]).toEqual([[], []]);
});

onReal('statements without number are prepared, but not all stay on a connection', async () => {
  const distinct = 600;
  for (let n = 0; n < distinct; n++) {
    expect(await run(database, prepared(`select $1::int + ${n} as n`, 1))).toEqual([{ n: n + 1 }]);
  }
  const count = 'select count(*) as count from pg_prepared_statements';
  const [{ count: kept }] = (await run(database, { text: count, values: [] })) as [
    { count: number },
  ];

  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThanOrEqual(256);
  expect(await run(database, prepared('select $1::int + 0 as n', 2))).toEqual([{ n: 2 }]);
});

onReal('a statement that fails can be run again, and its connection goes on', async () => {
  const divide = (by: number) => run(database, prepared('select 6 / $1::int as n', by));
  const [before] = await run(database, prepared('select pg_backend_pid() as pid'));

  expect(await codeFrom(divide(0))).toContain('division by zero');
  expect(await divide(2)).toEqual([{ n: 3 }]);
  expect(await codeFrom(divide(0))).toContain('division by zero');
  expect(await divide(3)).toEqual([{ n: 2 }]);
  const unknown = prepared('select no_such_column');
  expect(await codeFrom(run(database, unknown))).toContain('no_such_column');
  expect(await codeFrom(run(database, unknown))).toContain('no_such_column');
  expect(await run(database, prepared('select pg_backend_pid() as pid'))).toEqual([before]);
});

onReal('the server parses and describes it once a connection', async () => {
  const client = new Client(testDatabases()[0]!.url);
  await client.connect();
  const messages: string[] = [];
  for (const name of ['parseComplete', 'rowDescription', 'dataRow']) {
    client.connection.on(name, () => messages.push(name));
  }
  const described: Columns = new Map();
  const ask = (n: number) =>
    new Promise((resolve, reject) => {
      const statement = prepared('select $1::int as n', n);
      const callback = (error: Error | null, rows: unknown[]) =>
        error ? reject(error) : resolve(rows);
      client.query(new PreparedQuery({ client, described, name: 'one', statement, callback }));
    });

  expect([await ask(1), await ask(2), await ask(3)]).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
  expect(messages).toEqual(['parseComplete', 'rowDescription', 'dataRow', 'dataRow', 'dataRow']);
  await client.end();
});

onReal('no row is read by what its columns were before the table was altered', async () => {
  const table = `altered_${process.pid}`;
  const alter = (text: string) => run(database, { text, values: [] });
  const read = () => run(database, prepared(`select * from ${table}`));
  await alter(`create table ${table} as select 1 as n`);
  try {
    expect(await read()).toEqual([{ n: 1 }]);
    await alter(`alter table ${table} alter n type text`);
    expect(await codeFrom(read())).toContain('cached plan must not change result type');
  } finally {
    await alter(`drop table ${table}`);
  }
});
