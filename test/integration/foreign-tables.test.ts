import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../subgraphs/package-root.ts';
import type { CollectionRef } from '../../subgraphs/store.ts';
import { freshBucket, onReal, testDatabases } from '../support/databases.ts';
import { during, indexIn } from '../support/store-calls.ts';
import { openSharded, type OpenStore } from '../support/subjects.ts';

const page = readFileSync(join(packageRoot(), 'docs/foreign-tables.md'), 'utf8');
const sql = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, text]) => text!);
const plan = /```text\n(.*?)```/s.exec(page)![1]!;
const ref: CollectionRef = { bucket: freshBucket(), collection: 'films' };

let pods: OpenStore;
let home: pg.Client;

const titles = ['Arrival', 'Brazil', 'Chungking Express', 'Dogville', 'Edvard Munch'];
const films = Array.from({ length: 200 }, (_, i) => ({
  key: `film-${i}`,
  vector: Float32Array.of(1, i % 7, Math.sqrt(i), (i * 31) % 200),
  metadata: { title: `${titles[i % 5]} ${i}`, year: 1980 + (i % 40) },
}));

/** The names of the page, as they are here. */
function asHere(text: string): string {
  const located = testDatabases().reduce((result, { url }, i) => {
    const { hostname, port, pathname } = new URL(url);
    const address = `host '${hostname}', port '${port}', dbname '${pathname.slice(1)}'`;
    return result.replaceAll(
      `host 'pod-${'abc'[i]}.example', port '5432', dbname 'vectors'`,
      address,
    );
  }, text);
  const { username, password } = new URL(testDatabases()[0]!.url);
  return located
    .replaceAll(`user 'reader', password 'secret'`, `user '${username}', password '${password}'`)
    .replaceAll('foreign schema vecs', `foreign schema ${ref.bucket}`);
}

const homeName = `quiver_test_${randomBytes(6).toString('hex')}`;

async function onServer(text: string): Promise<void> {
  const client = new pg.Client(testDatabases()[0]!.url);
  await client.connect();
  await client.query(text);
  await client.end();
}

async function createFilms(): Promise<void> {
  await during((call) => pods.store.createBucket(ref.bucket, call));
  const spec = { dimension: 4, metric: 'COSINE', elementType: 'FLOAT32' } as const;
  const rest = { nonFilterableKeys: [], pods: null, ifNotExists: false };
  await during((call) => pods.store.createCollection({ ...ref, ...spec, ...rest }, null, call));
  await during((call) => pods.store.upsert({ ...ref, records: films, version: null }, call));
  const index = indexIn(ref.bucket, ref.collection, { metric: 'COSINE' });
  await during((call) => pods.store.createIndex(index, call));
}

/** What the gateway's store says of the same search. */
async function nearest(filter: { year: number } | null): Promise<string[]> {
  const answer = await during((call) =>
    pods.store.search(
      {
        ...ref,
        vector: Float32Array.of(1, 0, 0, 0),
        metric: 'COSINE',
        limit: 3,
        filter: filter && { kind: 'eq', path: ['year'], value: filter.year },
        exclude: null,
        select: { metadata: 'none', vector: false },
        mode: 'EXACT',
        efSearch: null,
        probes: null,
        changes: false,
        cache: false,
      },
      call,
    ),
  );
  return answer.matches.map(({ key }) => key);
}

onReal('every statement of the page on foreign tables does what it says', async () => {
  pods = await openSharded();
  await createFilms();
  await onServer(`create database ${homeName}`);
  const url = new URL(testDatabases()[0]!.url);
  url.pathname = `/${homeName}`;
  home = new pg.Client(url.href);
  await home.connect();
  const [servers, tables, search, filtered, joined] = sql.map(asHere);

  await home.query(servers!);
  await home.query(tables!);

  const found = await home.query<{ id: string }>(search!);
  expect(found.rows.map(({ id }) => id)).toEqual(await nearest(null));

  const explained = await home.query(`explain (costs off) ${search}`);
  const lines = explained.rows.map((row: Record<string, string>) => row['QUERY PLAN']);
  expect(`${lines.join('\n')}\n`).toBe(plan);

  const [pushed, checkedHere] = filtered!.trim().split('\n');
  for (const text of [pushed, checkedHere]) {
    const { rows } = await home.query<{ id: string }>(text!);
    expect(rows.map(({ id }) => id)).toEqual(await nearest({ year: 1994 }));
  }
  expect(await remoteText(pushed!)).toContain('metadata @>');
  expect(await remoteText(checkedHere!)).not.toContain('WHERE');

  await home.query(joined!.split('\n\n')[0]!);
  const sums = await home.query(`${joined!.split('\n\n')[1]!.replace(';', '')} order by title`);
  expect(sums.rows).toEqual([
    { title: 'Chungking Express 7', sum: '5' },
    { title: 'Dogville 3', sum: '2' },
  ]);

  await expect(home.query(`insert into films (id) values ('x')`)).rejects.toThrow(/cannot insert/);
});

/** What is sent to the pods. */
async function remoteText(text: string): Promise<string> {
  const { rows } = await home.query(`explain (verbose, costs off) ${text}`);
  return rows
    .map((row: Record<string, string>) => row['QUERY PLAN']!)
    .filter((line) => line.includes('Remote SQL'))
    .join('\n');
}

afterAll(async () => {
  await home?.end();
  if (home) await onServer(`drop database ${homeName} with (force)`);
  if (pods) {
    await during((call) => pods.store.deleteCollection(ref, null, call));
    await during((call) => pods.store.deleteBucket(ref.bucket, call));
  }
  await pods?.close();
});
