import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisSettings } from '../../gateway/cache/redis-client.ts';
import { onRedis } from '../support/databases.ts';
import { freePort, ownFolder, startOwnRedis, type OwnRedis } from '../support/own-redis.ts';
import { openTier, type OpenTier } from '../support/redis-tier.ts';

const open: { close(): void | Promise<void> }[] = [];

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close();
});

const seen = { placementVersion: 1, changes: new Map([['pod-a', { table: 't', count: 1 }]]) };

async function ownRedis(...more: readonly string[]): Promise<OwnRedis> {
  const redis = await startOwnRedis(...more);
  open.push(redis);
  return redis;
}

function tierOf(settings: RedisSettings): OpenTier {
  const tier = openTier(settings);
  open.push(tier);
  return tier;
}

function folderOfTest() {
  const folder = ownFolder();
  open.push(folder);
  return folder;
}

async function until(isIt: () => Promise<boolean>): Promise<void> {
  while (!(await isIt())) await sleep(20);
}

/** Of many collections, so that in a cluster they are spread over its nodes. */
async function expectAllWorks(tier: OpenTier): Promise<void> {
  for (let i = 0; i < 20; i++) {
    const ref = { bucket: 'b}{', collection: `docs ${i}` };
    const bytes = Buffer.from(`${i}`);
    expect(await tier.raise(ref, seen)).toBe(true);
    expect(await tier.write(ref, 'key', bytes)).toBe(true);
    expect(await tier.read(ref, 'key')).toMatchObject({ bytes, floors: { placementVersion: 1 } });
    expect(await tier.lease(ref, 'key', 1_000)).toBe('won');
  }
}

onRedis('with a user and a password, in the URL or beside it', async () => {
  const { port } = await ownRedis('--user', 'quiver', 'on', '>p@ss', '~*', '+@all');
  for (const settings of [
    `redis://quiver:p%40ss@127.0.0.1:${port}`,
    { url: `redis://127.0.0.1:${port}`, username: 'quiver', password: 'p@ss' },
  ]) {
    const tier = tierOf(settings);
    await tier.connected();
    await expectAllWorks(tier);
  }
});

onRedis('over TLS, and only with the certificate that is trusted', async () => {
  const { here, there } = folderOfTest();
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', join(here, 'key'), '-out', join(here, 'cert')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', ['req', ...kind, ...names, ...files], { stdio: 'ignore' });
  const certificate = [
    '--tls-cert-file',
    join(there, 'cert'),
    '--tls-key-file',
    join(there, 'key'),
  ];
  const tlsPort = await freePort();
  await ownRedis(...certificate, '--tls-port', `${tlsPort}`, '--tls-auth-clients', 'no');

  const url = `rediss://127.0.0.1:${tlsPort}`;
  const trusting = tierOf({ url, tls: { ca: readFileSync(join(here, 'cert'), 'utf8') } });
  const distrusting = tierOf(url);
  await trusting.connected();
  await expectAllWorks(trusting);
  expect(await distrusting.raise({ bucket: 'b', collection: 'c' }, seen)).toBe(false);
});

onRedis('over sentinels, which say who is the primary after a failover too', async () => {
  const { here, there } = folderOfTest();
  const primary = await ownRedis();
  const replica = await ownRedis('--replicaof', `127.0.0.1 ${primary.port}`);
  await until(async () => String(await primary.command('info')).includes('state=online'));
  writeFileSync(join(here, 'conf'), `sentinel monitor mine 127.0.0.1 ${primary.port} 1\n`);
  const sentinel = await ownRedis(join(there, 'conf'), '--sentinel');
  await until(async () =>
    String(await sentinel.command('sentinel', 'replicas', 'mine')).includes('slave'),
  );

  const tier = tierOf({
    sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
    name: 'mine',
  });
  await tier.connected();
  await expectAllWorks(tier);
  await until(async () => (await said(sentinel, 'sentinel', 'failover', 'mine')) === 'OK');
  await until(async () => (await said(replica, 'role')).startsWith('master'));
  // Until then it takes writes that are lost, as everything that was not replicated is.
  await until(async () => (await said(primary, 'role')).startsWith('slave'));
  await until(() => tier.raise({ bucket: 'b', collection: 'after' }, seen));
  expect(String(await replica.command('keys', '*after*'))).toContain('floors');
});

/** Whoever takes another role breaks all connections. */
const said = (redis: OwnRedis, ...words: readonly string[]): Promise<string> =>
  redis.command(...words).then(String, String);

onRedis('over a cluster, of which each collection has one node', async () => {
  const clustered = ['--cluster-enabled', 'yes'];
  const nodes = [await ownRedis(...clustered), await ownRedis(...clustered)] as const;
  await nodes[0].command('cluster', 'addslotsrange', '0', '8191');
  await nodes[1].command('cluster', 'addslotsrange', '8192', '16383');
  await nodes[0].command('cluster', 'meet', '127.0.0.1', `${nodes[1].port}`);
  for (const node of nodes) {
    await until(async () =>
      String(await node.command('cluster', 'info')).includes('cluster_state:ok'),
    );
  }

  const tier = tierOf({ cluster: [`redis://127.0.0.1:${nodes[0].port}`] });
  await tier.connected();
  await expectAllWorks(tier);
  for (const node of nodes) expect(Number(await node.command('dbsize'))).toBeGreaterThan(0);
});
