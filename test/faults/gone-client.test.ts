import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import type { Database } from '../../subgraphs/postgres/database.ts';
import { freshBucket, onReal, testDatabases } from '../support/databases.ts';
import { during, silent } from '../support/store-calls.ts';
import { openGatewayServer } from '../support/subjects.ts';

const bucket = freshBucket();

const ask = async (url: string, query: string, signal: AbortSignal | null = null) => {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal,
  });
  return response.text();
};

/** How many statements on the collection wait for a lock in the first pod's database. */
async function untilWaiting(database: Database, count: number): Promise<void> {
  const text = `select count(*) as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like $1`;
  await during(async (call) => {
    for (;;) {
      const values = [`%"${bucket}"."docs"%`];
      const [row] = await database.query<{ waiting: number }>({ text, values }, call);
      if (row!.waiting === count) return;
    }
  });
}

onReal('when a client goes away the statements of its search end in the databases', async () => {
  const gateway = await openGatewayServer();
  const options = { ...testDatabases()[0]!, pod: 'observer', logger: silent };
  const [locker, observer] = [openDatabase(options), openDatabase(options)];
  await ask(gateway.url, `mutation { createVectorBucket(name: "${bucket}") { bucket { name } } }`);
  const made = await ask(
    gateway.url,
    `mutation { createVectorCollection(input: { name: "docs", bucket: "${bucket}", dimension: 2 }) { created } }`,
  );
  expect(JSON.parse(made)).toEqual({ data: { createVectorCollection: { created: true } } });
  const search = `{ searchVectors(collection: "docs", bucket: "${bucket}", near: { vector: [1, 0] },
    options: { timeoutMs: 30000 }) { matches { distance } } }`;
  // What a pod must know of the collection it looks up before the lock.
  await ask(gateway.url, search);

  await during((call) =>
    locker.transaction(async (query) => {
      const text = `lock table "${bucket}"."docs" in access exclusive mode`;
      await query({ text, values: [] });
      const client = new AbortController();
      const asked = ask(gateway.url, search, client.signal);
      await untilWaiting(observer, 1);
      client.abort();
      await expect(asked).rejects.toThrow('aborted');
      await untilWaiting(observer, 0);
    }, call),
  );
  await Promise.all([gateway.close(), locker.close(), observer.close()]);
});
