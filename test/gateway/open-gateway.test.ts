import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultCache } from '../../gateway/cache/settings.ts';
import { configOver, databasePods } from '../../gateway/cli/configuration.ts';
import type { Config } from '../../gateway/config.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { onReal, testDatabases } from '../support/databases.ts';
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

describe('a gateway of a configuration', () => {
  const open = (config: Partial<Config>) =>
    openGateway({
      config: {
        ...configOver(databasePods(testDatabases().map(({ url }) => url))),
        port: 0,
        ...config,
      },
      example: { query: '{ __typename }', variables: {} },
      logger: createMemoryLogger(),
      mustBeUp: true,
      onProgress: () => {},
      prepare: async () => {},
    });

  const ask = async (url: string, query: string): Promise<unknown> => {
    const response = await fetch(`${url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'apollo-require-preflight': 'true' },
    });
    return response.json();
  };
  const query = '{ vectorCache { bytesMax redis { resting } } }';

  onReal('has a hot cache of its own, and metrics', async () => {
    const gateway = await open({});

    expect(await ask(gateway.url, query)).toEqual({
      data: { vectorCache: { bytesMax: defaultCache.maxBytes, redis: null } },
    });
    expect(await (await fetch(`${gateway.url}/metrics`)).text()).toContain(
      'quiver_cache_memory_bytes 0',
    );
    await gateway.close();
  });

  onReal('shares it by Redis', async () => {
    const gateway = await open({
      redis: { settings: 'redis://127.0.0.1:1', prefix: 'test:' },
    });

    expect(await ask(gateway.url, query)).toMatchObject({ data: { vectorCache: { redis: {} } } });
    await gateway.close();
  });

  onReal('has none where that is said', async () => {
    const gateway = await open({ cache: null });

    expect(await ask(gateway.url, query)).toEqual({ data: { vectorCache: null } });
    await gateway.close();
  });
});
