import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { buildVectorsSchema } from '../../subgraphs/vectors.ts';
import { openCommandSubject, type CommandSubject } from '../support/command-subject.ts';
import { openPage, spansOf } from '../support/page.ts';
import { clients, done } from '../support/vector-buckets.ts';

const page = openPage('compared.md');
const folder = mkdtempSync(join(tmpdir(), 'quiver-compared-'));
let subject: CommandSubject;

beforeAll(async () => {
  subject = await openCommandSubject();
});
afterAll(async () => {
  const drop = 'mutation ($bucket: String!) { deleteVectorBucket(name: $bucket) { deleted } }';
  try {
    await subject.ask(drop, {});
  } finally {
    await subject.close();
  }
  rmSync(folder, { recursive: true });
});

/** A command of the page, in the test's bucket and with the test's files. */
async function run(command: string): Promise<string> {
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, word]) => quoted ?? word!,
  );
  expect(words.shift()).toBe('quiver');
  const args = words.map((word) => (word.endsWith('.ndjson') ? join(folder, word) : word));
  const { code, stdout, stderr } = await subject.byUrl(args);
  expect({ command, code, stderr }).toMatchObject({ command, code: 0 });
  return stdout;
}

/** An operation of the page, in the test's bucket. */
const ask = (query: string, collection: string, variables: object = {}): Promise<unknown> => {
  const here = `"${collection}", bucket: "${subject.bucket}"`;
  const text = query
    .replaceAll(`"${collection}"`, here)
    .replaceAll('"vecs"', `"${subject.bucket}"`);
  return subject.ask(text, variables);
};

const same = (text: string): string => text.replace(/[\d.]+ (m?s)$/m, '1.0 $1');

test('the page shows what one filter gives in GraphQL, in the command line and in supabase-js', async () => {
  const heading = 'One filter, three ways';
  const [films] = page.blocksUnder(heading, 'json');
  writeFileSync(join(folder, 'films.ndjson'), films!);

  const [shell] = page.blocksUnder(heading, 'console');
  const commands = shell!.split(/^\$ /m).slice(1);
  expect(commands).toHaveLength(3);
  for (const text of commands) {
    const [command, ...output] = text.split('\n');
    const stdout = await run(command!);
    expect(same(stdout)).toBe(same(output.join('\n')));
  }

  const [curl] = page.blocksUnder(heading, 'sh');
  const { query, variables } = JSON.parse(/'(\{\n.*\})'/s.exec(curl!)![1]!) as {
    readonly query: string;
    readonly variables: object;
  };
  const [answer] = page.blocksUnder(heading, 'text');
  expect({ data: await ask(query, 'films', variables) }).toEqual(JSON.parse(answer!));

  const [script] = page.blocksUnder(heading, 'js');
  const options = runInNewContext(`(${/queryVectors\((.*?)\);/s.exec(script!)![1]})`) as never;
  for (const [, open] of clients) {
    const index = open(new URL('/', subject.url).href).from(subject.bucket).index('films');
    const { vectors } = await done(index.queryVectors(options));
    expect(`${inspect(vectors)}\n`).toBe(page.blocksUnder(heading)[0]);
  }
  await run('quiver collection delete films --yes');
});

test('the page has operations and commands for the calls of vecs that run one after the other', async () => {
  const rows = page.rowsUnder('From vecs');
  const record = { key: 'a', vector: [1, 0, 0], metadata: { year: 1999 } };
  writeFileSync(join(folder, 'docs.ndjson'), JSON.stringify(record));

  const answers: unknown[] = [];
  for (const [, operation] of rows) {
    for (const text of spansOf(operation!)) answers.push(await ask(text, 'docs'));
  }
  expect(answers).toContainEqual({ countVectors: 1 });
  expect(answers).toContainEqual({
    searchVectors: { matches: [{ distance: 0, record: { key: 'a' } }] },
  });
  expect(answers).toContainEqual({ deleteVectors: { deletedCount: 1 } });
  for (const [, , command] of rows) {
    for (const text of spansOf(command!)) await run(text);
  }
  expect(rows.flatMap(([, operation, command]) => spansOf(operation! + command!))).toHaveLength(22);
});

test('the page names fields of the schema for the calls of S3 Vectors', () => {
  const schema = buildVectorsSchema();
  const types = [schema.getQueryType()!, schema.getMutationType()!];
  const fields = types.flatMap((type) => Object.values(type.getFields()));
  const known = new Set(fields.flatMap(({ name, args }) => [name, ...args.map((a) => a.name)]));

  const named = page.rowsUnder('From S3 Vectors').flatMap(([, field]) => spansOf(field!));
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
