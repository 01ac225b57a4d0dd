import { openDatabase } from '../../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../../subgraphs/postgres/postgres-store.ts';
import type { Database } from '../../../subgraphs/postgres/database.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import { freshBucket, testDatabases } from '../../support/databases.ts';
import { during, line, searchIn, silent, specIn } from '../../support/store-calls.ts';
import { podNames } from '../../support/subjects.ts';

test('searches that come at once look a collection up once for all', async () => {
  const statements: string[] = [];
  const pod = podNames[0];
  const database = openDatabase({ ...testDatabases()[0]!, pod, logger: silent });
  const counted: Database = {
    ...database,
    query(statement, call) {
      statements.push(statement.text);
      return database.query(statement, call);
    },
  };
  const limits = { ...defaultLimits, timeoutMsDefault: 20_000 };
  const options = { pod, limits, logger: silent };
  const writer = await openPostgresStore({ ...options, database });
  const reader = await openPostgresStore({ ...options, database: counted });
  const bucket = freshBucket();
  const spec = specIn(bucket, 'shared');
  await during((call) => writer.createBucket(bucket, call));
  await during((call) => writer.createCollection(spec, null, call));
  await during((call) => writer.upsert({ ...spec, records: line(3), version: null }, call));
  statements.length = 0;

  const searches = Array.from({ length: 16 }, () =>
    during((call) => reader.search(searchIn(bucket, 'shared'), call)),
  );
  const answers = await Promise.all(searches);
  expect(answers.map(({ matches }) => matches.length)).toEqual(searches.map(() => 3));
  expect(statements).toHaveLength(1 + searches.length);

  await during((call) => writer.deleteCollection(spec, null, call));
  await during((call) => writer.deleteBucket(bucket, call));
  await reader.close();
});
