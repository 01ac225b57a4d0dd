import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { startEmbedded } from '../../subgraphs/embedded/embedded.ts';
import type { EmbeddedDatabase } from '../../subgraphs/embedded/embedded.ts';
import type { Logger } from '../../subgraphs/logger.ts';
import { servicesVariable } from './databases.ts';
import type { TestServices } from './databases.ts';

/** What the global teardown has to undo; both run in one process. */
export interface RunningServices {
  readonly embedded: readonly EmbeddedDatabase[];
  readonly created: readonly { readonly serverUrl: string; readonly name: string }[];
  readonly services: TestServices;
}

declare global {
  var quiverTestServices: RunningServices | undefined;
}

const podCount = 3;
const answerMsMax = 10_000;

/**
 * Give the tests three databases: fresh ones on the servers of QUIVER_TEST_DATABASES, else embedded
 * ones, and the Redis of QUIVER_TEST_REDIS if there is one. With QUIVER_TEST_REAL=1 both have to be
 * there.
 */
// jest asks for a default export.
// oxlint-disable-next-line import/no-default-export
export default async function startServices(): Promise<void> {
  const serverUrls = urlsOf(process.env['QUIVER_TEST_DATABASES']);
  const redis = process.env['QUIVER_TEST_REDIS'] || null;
  checkEnvironment(serverUrls, redis);
  if (redis) await checkRedis(redis);

  const created = await Promise.all(serverUrls.map(createDatabase));
  const embedded = serverUrls.length > 0 ? [] : await startPods();
  const databases = [...created.map(({ url }) => url), ...embedded.map(({ url }) => url)];

  const notRunFile = join(mkdtempSync(join(tmpdir(), 'quiver-test-')), 'not-run');
  writeFileSync(notRunFile, '');
  const services: TestServices = { databases, embedded: embedded.length > 0, redis, notRunFile };
  process.env[servicesVariable] = JSON.stringify(services);
  globalThis.quiverTestServices = { embedded, created, services };
}

const urlsOf = (list: string | undefined): readonly string[] =>
  (list ?? '').split(',').filter((url) => url !== '');

function checkEnvironment(serverUrls: readonly string[], redis: string | null): void {
  const problems: string[] = [];
  if (serverUrls.length !== 0 && serverUrls.length !== podCount) {
    problems.push(`QUIVER_TEST_DATABASES must be ${podCount} URLs, got ${serverUrls.length}`);
  }
  if (process.env['QUIVER_TEST_REAL'] === '1') {
    if (serverUrls.length === 0) problems.push('QUIVER_TEST_DATABASES must be set');
    if (!redis) problems.push('QUIVER_TEST_REDIS must be set');
  }
  if (problems.length > 0) throw new Error(`The tests cannot start:\n  ${problems.join('\n  ')}`);
}

/** A database of this run alone, so that runs side by side or broken off do not meet. */
async function createDatabase(serverUrl: string) {
  const name = `quiver_test_${randomBytes(6).toString('hex')}`;
  await query(serverUrl, `create database ${name} encoding 'UTF8' template template0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await query(url.href, 'create extension vector');
  return { serverUrl, name, url: url.href };
}

/** One statement on a connection of its own; the error says which server it was. */
export async function query(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: answerMsMax });
  try {
    await client.connect();
    await client.query(text);
  } catch (error) {
    const server = `The PostgreSQL server of ${new URL(url).host}`;
    throw new Error(`${server} must do "${text}"; ${String(error)}`, { cause: error });
  } finally {
    await client.end();
  }
}

async function checkRedis(url: string): Promise<void> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    const server = `The Redis of ${new URL(url).host}`;
    throw new Error(`${server} must answer; ${String(error)}`, { cause: error });
  } finally {
    redis.disconnect();
  }
}

async function startPods(): Promise<readonly EmbeddedDatabase[]> {
  const pods = Array.from({ length: podCount }, () => startEmbedded({ folder: null, logger }));
  const settled = await Promise.allSettled(pods);
  const started = settled.flatMap((pod) => (pod.status === 'fulfilled' ? [pod.value] : []));
  const failed = settled.find((pod) => pod.status === 'rejected');
  if (!failed) return started;
  await Promise.all(started.map((pod) => pod.close()));
  throw failed.reason;
}

const logger: Logger = { info() {}, warn() {}, error() {} };
