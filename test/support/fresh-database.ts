import { randomBytes } from 'node:crypto';
import { testDatabases } from './databases.ts';
import { query } from './services.ts';

/** A database of a test's own, empty but for what its statements make. */
export interface FreshDatabase {
  readonly url: string;
  run(...texts: readonly string[]): Promise<void>;
  /** The URL for a new role, which may do nothing yet. */
  createRole(): Promise<{ readonly name: string; readonly url: string }>;
  drop(): Promise<void>;
}

/** For tests on real servers: an embedded one has a single database. */
export async function createFreshDatabase(options = "encoding 'UTF8'"): Promise<FreshDatabase> {
  const server = testDatabases()[0]!.url;
  const name = `quiver_test_${randomBytes(6).toString('hex')}`;
  await query(server, `create database ${name} ${options} template template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const roles: string[] = [];

  return {
    url: url.href,
    async run(...texts) {
      for (const text of texts) await query(url.href, text);
    },
    async createRole() {
      const role = `${name}_${roles.length}`;
      await query(url.href, `create role ${role} login`);
      roles.push(role);
      const own = new URL(url);
      own.username = role;
      return { name: role, url: own.href };
    },
    async drop() {
      await query(server, `drop database ${name} with (force)`);
      for (const role of roles) await query(server, `drop role ${role}`);
    },
  };
}
