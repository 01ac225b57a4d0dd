import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import { freshBucket, onReal, testDatabases } from '../support/databases.ts';
import { during, silent } from '../support/store-calls.ts';
import { openGatewayServer } from '../support/subjects.ts';

onReal(
  'a table that is locked costs its own count, and not those of others on its pod',
  async () => {
    const bucket = freshBucket();
    const gateway = await openGatewayServer();
    const ask = async (query: string) => {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-timeout-ms': '2000' },
        body: JSON.stringify({ query }),
      });
      return JSON.parse(await response.text()) as { data: unknown; errors?: readonly object[] };
    };
    await ask(`mutation { createVectorBucket(name: "${bucket}") { bucket { name } } }`);
    for (const name of ['free', 'locked']) {
      await ask(`mutation { createVectorCollection(
      input: { name: "${name}", bucket: "${bucket}", dimension: 2 }) { created } }`);
    }
    const locker = openDatabase({ ...testDatabases()[0]!, pod: 'locker', logger: silent });

    await during((call) =>
      locker.transaction(async (query) => {
        const text = `lock table "${bucket}".locked in access exclusive mode`;
        await query({ text, values: [] });
        const listing = await ask(
          `{ vectorCollections(bucket: "${bucket}") { nodes { name count } } }`,
        );
        expect(listing.data).toEqual({
          vectorCollections: {
            nodes: [
              { name: 'free', count: 0 },
              { name: 'locked', count: null },
            ],
          },
        });
        expect(listing.errors).toMatchObject([
          {
            path: ['vectorCollections', 'nodes', 1, 'count'],
            extensions: { code: 'DEADLINE_EXCEEDED' },
          },
        ]);
      }, call),
    );
    await Promise.all([gateway.close(), locker.close()]);
  },
);
