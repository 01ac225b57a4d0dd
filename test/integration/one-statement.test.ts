import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createRemoteStore } from '../../gateway/remote-store.ts';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { startPod } from '../../subgraphs/pod-server.ts';
import type { Database } from '../../subgraphs/postgres/database.ts';
import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../subgraphs/postgres/postgres-store.ts';
import { freshBucket, testDatabases } from '../support/databases.ts';
import { during, indexIn, line, searchIn, silent, specIn } from '../support/store-calls.ts';
import { podNames, serviceOver } from '../support/subjects.ts';

let statementCount = 0;
let requestCount = 0;
const countRequest = (): void => void (requestCount += 1);

/** Counts what goes to it. */
function counting(database: Database): Database {
  return {
    ...database,
    query(statement, call) {
      statementCount += 1;
      return database.query(statement, call);
    },
    transaction(work, call) {
      statementCount += 1;
      return database.transaction(work, call);
    },
  };
}

beforeAll(() => subscribe('undici:request:create', countRequest));
afterAll(() => void unsubscribe('undici:request:create', countRequest));

test('a search is one request and one statement for each pod', async () => {
  const logger = silent;
  const pods = await Promise.all(
    testDatabases().map(async (options, i) => {
      const pod = podNames[i]!;
      const database = counting(openDatabase({ ...options, pod, logger }));
      const store = await openPostgresStore({ database, pod, limits: defaultLimits, logger });
      const service = serviceOver(store);
      const server = await startPod({ service, pod, host: '127.0.0.1', port: 0, logger });
      const remote = createRemoteStore({ pod, url: server.url, connectionsMax: 4, logger });
      return { name: pod, store: remote, server, inner: store };
    }),
  );
  const gateway = createShardedStore({ pods, logger });
  const spec = specIn(freshBucket(), 'counted');
  await during((call) => gateway.createBucket(spec.bucket, call));
  await during((call) => gateway.createCollection(spec, null, call));
  await during((call) => gateway.upsert({ ...spec, version: null, records: line(30) }, call));
  await during((call) => gateway.createIndex(indexIn(spec.bucket, spec.collection), call));
  const filter = { kind: 'lt', path: ['n'], value: 9 } as const;
  const search = (more = {}) =>
    during((call) => gateway.search(searchIn(spec.bucket, spec.collection, more), call));
  await search();

  for (const more of [{}, { limit: 20 }, { filter }, { mode: 'EXACT' }, { changes: true }]) {
    statementCount = 0;
    requestCount = 0;
    expect((await search(more)).matches.length).toBeGreaterThanOrEqual(5);
    expect({ requestCount, statementCount }).toEqual({ requestCount: 3, statementCount: 3 });
  }
  await gateway.close();
  for (const { server, inner } of pods) {
    await server.close();
    await inner.close();
  }
});
