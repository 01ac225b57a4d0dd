import { freshBucket, onReal, testDatabases } from './databases.ts';
import { runHere } from './run-here.ts';
import type { Ended } from './run-quiver.ts';
import { during } from './store-calls.ts';
import { openGatewayServer } from './subjects.ts';

/** A gateway over the test's pods, with a bucket of one's own, and commands that work on it. */
export interface CommandSubject {
  readonly bucket: string;
  readonly url: string;
  /** By way of the running gateway. */
  byUrl(args: readonly string[]): Promise<Ended>;
  /** With the databases opened by the command itself. */
  byDatabases(args: readonly string[]): Promise<Ended>;
  ask<T>(query: string, variables: object): Promise<T>;
  close(): Promise<void>;
}

export type Way = 'byUrl' | 'byDatabases';

/** A test of both ways; an embedded database cannot be opened by two processes as real ones are. */
export function onBothWays(name: string, body: (way: Way) => Promise<void>): void {
  test(`${name}: over a running gateway`, () => body('byUrl'));
  onReal(`${name}: over databases`, () => body('byDatabases'));
}

export async function openCommandSubject(): Promise<CommandSubject> {
  const server = await openGatewayServer();
  const bucket = freshBucket();
  await during((call) => server.store.createBucket(bucket, call));

  const url = `${server.url}/subgraph`;
  const databases = testDatabases().flatMap((database) => ['--database', database.url]);
  const run = (where: readonly string[]) => (args: readonly string[]) =>
    runHere([...args, '--bucket', bucket, ...where]);

  async function ask<T>(query: string, variables: object): Promise<T> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { bucket, ...variables } }),
    });
    const { data, errors } = JSON.parse(await response.text()) as { data: T; errors?: unknown };
    expect(errors).toBeUndefined();
    return data;
  }

  return {
    bucket,
    url,
    byUrl: run(['--url', url]),
    byDatabases: run(databases),
    ask,
    close: () => server.close(),
  };
}
