import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configOver } from '../../gateway/cli/configuration.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { createMemoryLogger } from '../support/stub-service.ts';

test('mistakes in the files of typed collections are said before any pod is opened', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quiver-mistakes-'));
  await writeFile(join(folder, 'doc.graphql'), 'type Doc @collection(name: "docs") { id: ID! }');
  const podFolder = join(folder, 'pod-a');
  const config = {
    ...configOver([{ name: 'pod-a', kind: 'embedded', folder: podFolder }]),
    port: 0,
    collectionsFolder: { path: folder, mustExist: true },
  };

  await expect(
    openGateway({
      config,
      example: { query: '{ __typename }', variables: {} },
      logger: createMemoryLogger(),
      mustBeUp: true,
      onProgress: () => {},
      prepare: async () => {},
    }),
  ).rejects.toThrow(/^Invalid typed collections:\n.*doc\.graphql:1:10 .*"dimension"/s);

  expect(existsSync(podFolder)).toBe(false);
  await rm(folder, { recursive: true });
});
