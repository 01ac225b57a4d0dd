import { openDatabaseStore } from '../../../gateway/topology.ts';
import { defaultLimits } from '../../../schema/limits.ts';
import type { VectorStore } from '../../../subgraphs/store.ts';
import { onReal } from '../../support/databases.ts';
import { createFreshDatabase, type FreshDatabase } from '../../support/fresh-database.ts';
import { during, silent, specIn } from '../../support/store-calls.ts';

let database: FreshDatabase;
const opened: VectorStore[] = [];
const spec = specIn('vecs', 'docs');

const open = async (url: string): Promise<VectorStore> => {
  const options = { url, pod: 'p', limits: defaultLimits, logger: silent };
  const store = await openDatabaseStore(options);
  opened.push(store);
  return store;
};
const placementIn = async (store: VectorStore) =>
  (await during((call) => store.describe(spec, call, { fresh: true })))?.placement;

beforeEach(async () => {
  database = await createFreshDatabase();
  const store = await open(database.url);
  await during((call) => store.createCollection(spec, null, call));
  await database.run('alter table quiver.placement drop column above, drop column ended');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await database.drop();
});

onReal('placements of an older version are read, and get what they lack when opened', async () => {
  const before = await placementIn(opened[0]!);
  expect(before).toMatchObject({ version: 1, state: 'active' });
  expect(before).not.toHaveProperty('ended');

  const store = await open(database.url);
  expect(await placementIn(store)).toEqual(before);
  await during((call) => store.deleteCollection(spec, null, call));
  await during((call) => store.createCollection(spec, null, call));
  expect(await placementIn(store)).toMatchObject({ version: 3, ended: [before!.uid] });
});

onReal(
  'who may only read serves them as they are, and who may not extend them is told',
  async () => {
    const reader = await database.createRole();
    expect(await placementIn(await open(reader.url))).toMatchObject({ version: 1 });

    await database.run(`grant insert on quiver.placement to ${reader.name}`);
    await expect(open(reader.url)).rejects.toThrow(
      `it is older, and the role ${reader.name} may not extend it`,
    );
  },
);
