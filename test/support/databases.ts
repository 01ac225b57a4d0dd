import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';

/** One of the three pods' databases, and what can be asked of its server. */
export interface TestDatabase {
  readonly url: string;
  readonly embedded: boolean;
  /** Whether statements may be named: an embedded database has one session for all. */
  readonly named: boolean;
  /** Whether a statement can be cancelled. */
  readonly cancellable: boolean;
  readonly connectionsMax: number;
}

/** What the global setup found or started, handed to the workers in their environment. */
export interface TestServices {
  readonly databases: readonly string[];
  readonly embedded: boolean;
  readonly redis: string | null;
  /** Where tests that cannot run on these services write their names. */
  readonly notRunFile: string;
}

export const servicesVariable = 'QUIVER_TEST_SERVICES';

export function testDatabases(): readonly TestDatabase[] {
  const { databases, embedded } = testServices();
  return databases.map((url) => ({
    url,
    embedded,
    named: !embedded,
    cancellable: !embedded,
    connectionsMax: embedded ? 1 : 8,
  }));
}

export const testRedis = (): string | null => testServices().redis;

/** A bucket of one's own: tests share the databases. */
export const freshBucket = (): string => `test_${randomBytes(6).toString('hex')}`;

type TestBody = () => Promise<void>;

/** A test of what embedded databases cannot do. Where it cannot run it is a todo, and listed at the end. */
export function onReal(name: string, body: TestBody, timeoutMs?: number): void {
  runWhere(!testServices().embedded, 'real PostgreSQL servers', name, body, timeoutMs);
}

/** The same for a test that needs Redis. */
export function onRedis(name: string, body: TestBody, timeoutMs?: number): void {
  runWhere(testRedis() !== null, 'a Redis server', name, body, timeoutMs);
}

/** The same for a test that needs Chromium; with QUIVER_TEST_REAL=1 it has to be there. */
export function onChromium(name: string, body: (executablePath: string) => Promise<void>): void {
  const { QUIVER_TEST_CHROMIUM: path, QUIVER_TEST_REAL: real } = process.env;
  const run = async (): Promise<void> => {
    if (!path) throw new Error('QUIVER_TEST_CHROMIUM must be the path of Chromium.');
    await body(path);
  };
  const possible = Boolean(path) || real === '1';
  runWhere(possible, 'Chromium in QUIVER_TEST_CHROMIUM', name, run, undefined);
}

function runWhere(
  possible: boolean,
  needed: string,
  name: string,
  body: TestBody,
  timeoutMs: number | undefined,
): void {
  if (possible) {
    test(name, body, timeoutMs);
    return;
  }
  test.todo(`${name} (needs ${needed})`);
  appendFileSync(testServices().notRunFile, `${name} (needs ${needed})\n`);
}

function testServices(): TestServices {
  const text = process.env[servicesVariable];
  if (!text) throw new Error(`${servicesVariable} must be set by the global setup of jest.`);
  const services: TestServices = JSON.parse(text);
  return services;
}
