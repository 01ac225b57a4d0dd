import { openDatabaseStore } from '../../../gateway/topology.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import { onReal } from '../../support/databases.ts';
import { createFreshDatabase } from '../../support/fresh-database.ts';
import { during, indexIn, line, searchIn, silent, specIn } from '../../support/store-calls.ts';

for (const [own, rowCount] of [
  ['5', 10],
  ['200', 150],
] as const) {
  onReal(`a database that is set to ef_search ${own} is searched by its index`, async () => {
    const database = await createFreshDatabase();
    const options = { url: database.url, pod: 'p', limits: defaultLimits, logger: silent };
    const before = await openDatabaseStore(options);
    const spec = specIn('vecs', 'docs');
    await during((call) => before.createCollection(spec, null, call));
    const records = line(2_000);
    for (const part of [records.slice(0, 1_000), records.slice(1_000)]) {
      await during((call) => before.upsert({ ...spec, version: null, records: part }, call));
    }
    await during((call) => before.createIndex(indexIn('vecs', 'docs'), call));
    await before.close();
    const name = new URL(database.url).pathname.slice(1);
    await database.run('analyze vecs.docs', `alter database ${name} set hnsw.ef_search = ${own}`);

    const store = await openDatabaseStore(options);
    const query = searchIn('vecs', 'docs', { limit: rowCount });
    const { matches, shards } = await during((call) => store.search(query, call));
    expect(matches.map(({ key }) => key)).toEqual(records.slice(0, rowCount).map(({ key }) => key));
    expect(shards).toMatchObject([{ plan: 'HNSW', exactReason: null }]);
    await store.close();
    await database.drop();
  });
}
