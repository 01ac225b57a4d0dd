import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import { openSupergraph } from '../../gateway/supergraph.ts';
import { until } from '../support/live-gateway.ts';
import { startOtherTeam } from '../support/other-team.ts';
import { createMemoryLogger } from '../support/stub-service.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const doc = (field: string) =>
  `type Doc @collection(name: "docs", dimension: 2) { id: ID! ${field}: String }`;

test('schemas that are served no longer are free, and a close leaves nothing behind', async () => {
  const path = await mkdtemp(join(tmpdir(), 'typed-'));
  const team = await startOtherTeam('type Query { motto: String }');
  const before = process.getActiveResourcesInfo().sort();
  const opened = await openSupergraph({
    subgraphs: [{ name: 'team', url: team.url }],
    folder: { path, mustExist: true },
    pollMs: 50,
    logger: createMemoryLogger(),
    prepare: async () => {},
  });
  const schemas: WeakRef<GraphQLSchema>[] = [];
  for (const { gateway } of [opened.supergraph, opened.subgraph]) {
    gateway.onSchemaLoadOrUpdate(({ apiSchema }) => schemas.push(new WeakRef(apiSchema)));
    await gateway.load({ apollo: {} });
  }

  for (let i = 1; i <= 4; i++) {
    await writeFile(join(path, 'doc.graphql'), doc(`field${i}`));
    await until(
      async () => schemas.length,
      (count) => count === 2 + 2 * i,
    );
  }
  await until(
    async () => {
      await setImmediate();
      collectGarbage();
      return schemas.filter((schema) => schema.deref() !== undefined).length;
    },
    (count) => count === 2,
  );

  await opened.close();
  await team.down();
  await rm(path, { recursive: true });
  const left = process.getActiveResourcesInfo().sort();
  expect(left.filter((name) => !before.includes(name) && /Timeout|FSEvent/.test(name))).toEqual([]);
});
