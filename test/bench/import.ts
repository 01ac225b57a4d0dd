import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { slotOf } from '../../schema/key.ts';
import { vectorToBase64, vectorToList } from '../../schema/vector.ts';
import { vectorBytes } from '../../subgraphs/postgres/vector-bytes.ts';
import { tableName } from './contenders.ts';
import { startCopy } from './copy-in.ts';
import { createDatabases } from './corpus.ts';
import { createClusters } from './random.ts';

const rowCount = Number(process.env['BENCH_ROWS'] ?? 100_000);
const dimension = 384;
const roundCount = 3;
const collection = 'bench_import';
const table = tableName('vecs', collection);
const cli = join(dirname(fileURLToPath(import.meta.url)), '../../gateway/cli/main.js');

type Load = (file: string, urls: readonly string[]) => Promise<void>;

/**
 * Rows a second from one NDJSON file into four pods' tables: COPY written by hand, one stream a
 * table, and `quiver import` as a process of its own, its start included. They take turns, and each
 * begins with empty tables; the median counts.
 */
export async function benchImport(servers: readonly string[]): Promise<string> {
  const urls = await createDatabases(servers, ['import-a', 'import-b', 'import-c', 'import-d']);
  const folder = await mkdtemp(join(tmpdir(), 'quiver-bench-'));
  try {
    const list = { name: 'lists', file: join(folder, 'list.ndjson') };
    const base64 = { name: 'base64', file: join(folder, 'base64.ndjson') };
    await writeRows(list.file, vectorToList);
    await writeRows(base64.file, vectorToBase64);
    await quiver(['collection', 'create', collection, '--dimension', String(dimension)], urls);
    const loads: readonly (readonly [string, Load, typeof list])[] = [
      ['COPY by hand, binary', copyBinary, list],
      ['COPY by hand, text', copyText, list],
      ['quiver import', importFile, list],
      ['COPY by hand, binary', copyBinary, base64],
      ['quiver import', importFile, base64],
    ];
    const rates = loads.map((): number[] => []);
    for (let round = 0; round < roundCount; round++) {
      for (const [i, [, load, { file }]] of loads.entries()) {
        rates[i]!.push(await rateOf(load, file, urls));
      }
    }
    return tableOf(loads.map(([name, , form], i) => [name, form.name, median(rates[i]!)]));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeRows(
  file: string,
  form: (vector: Float32Array) => readonly number[] | string,
): Promise<void> {
  const next = createClusters({ seed: 2, clusterCount: 200, dimension, spread: 0.6 });
  function* lines(): Generator<string> {
    for (let i = 0; i < rowCount; i++) {
      const metadata = { n: i, year: 1950 + (i % 70), tag: `tag-${i % 100}`, lang: ['en', 'de'] };
      yield `${JSON.stringify({ key: `record-${i}`, vector: form(next()), metadata })}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
}

async function rateOf(load: Load, file: string, urls: readonly string[]): Promise<number> {
  await Promise.all(urls.map((url) => run(url, `truncate ${table}`)));
  const startedAt = performance.now();
  await load(file, urls);
  const seconds = (performance.now() - startedAt) / 1_000;
  const counts = await Promise.all(
    urls.map((url) => run(url, `select count(*) as n from ${table}`)),
  );
  const total = counts.reduce((sum, [row]) => sum + Number(row!.n), 0);
  if (total !== rowCount) throw new Error(`${rowCount} rows must be there; ${total} are.`);
  return rowCount / seconds;
}

async function run(url: string, text: string): Promise<readonly { readonly n: string }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ n: string }>(text);
  await client.end();
  return rows;
}

const importFile: Load = (file, urls) =>
  quiver(['import', file, '--collection', collection, '--restart'], urls);

async function quiver(args: readonly string[], urls: readonly string[]): Promise<void> {
  const databases = urls.flatMap((url) => ['--database', url]);
  const child = spawn(process.execPath, [cli, ...args, ...databases], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`quiver ${args[0]} ended with ${code}.`);
}

interface Line {
  readonly key: string;
  readonly vector: readonly number[] | string;
  readonly metadata: object;
}

const copyBinary: Load = (file, urls) =>
  copy(file, urls, {
    format: 'binary',
    // Signature, flags, no header extension.
    head: Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1'),
    row: binaryRow,
    tail: Buffer.from([0xff, 0xff]),
  });

const copyText: Load = (file, urls) =>
  copy(file, urls, { format: 'text', head: null, row: textRow, tail: null });

interface Encoding {
  readonly format: 'binary' | 'text';
  readonly head: Buffer | null;
  readonly row: (line: Line) => Buffer;
  readonly tail: Buffer | null;
}

const chunkBytes = 64 * 1_024;

async function copy(file: string, urls: readonly string[], encoding: Encoding): Promise<void> {
  const { format, head, row, tail } = encoding;
  const text = `copy ${table} (id, vec, metadata) from stdin with (format ${format})`;
  const streams = await Promise.all(urls.map((url) => startCopy(url, text)));
  const pending = urls.map((): Buffer[] => (head ? [head] : []));
  const sizes = urls.map(() => 0);
  const send = (i: number): Promise<void> => {
    const chunk = Buffer.concat(pending[i]!);
    pending[i] = [];
    sizes[i] = 0;
    return streams[i]!.write(chunk);
  };
  const lines = createInterface({
    input: createReadStream(file, { highWaterMark: 4 * chunkBytes }),
  });
  for await (const json of lines) {
    const line = JSON.parse(json) as Line;
    const i = slotOf(line.key) % urls.length;
    const bytes = row(line);
    pending[i]!.push(bytes);
    sizes[i]! += bytes.length;
    if (sizes[i]! >= chunkBytes) await send(i);
  }
  for (const i of urls.keys()) {
    if (tail) pending[i]!.push(tail);
    await send(i);
  }
  await Promise.all(streams.map((stream) => stream.end()));
}

function binaryRow({ key, vector, metadata }: Line): Buffer {
  const floats =
    typeof vector === 'string'
      ? new Float32Array(new Uint8Array(Buffer.from(vector, 'base64')).buffer)
      : Float32Array.from(vector);
  const jsonbVersion = '\u0001';
  const fields = [
    Buffer.from(key),
    vectorBytes(floats),
    Buffer.from(jsonbVersion + JSON.stringify(metadata)),
  ];
  const parts = fields.flatMap((field) => [int32(field.length), field]);
  return Buffer.concat([int16(fields.length), ...parts]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Nothing in these rows has to be escaped. */
const textRow = ({ key, vector, metadata }: Line): Buffer =>
  Buffer.from(`${key}\t${JSON.stringify(vector)}\t${JSON.stringify(metadata)}\n`);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

function tableOf(rows: readonly (readonly [name: string, form: string, rate: number])[]): string {
  const fastest = (form: string): number =>
    Math.max(
      ...rows.filter((row) => row[1] === form && row[0].startsWith('COPY')).map((row) => row[2]),
    );
  return [
    `| ${rowCount} × ${dimension}, four tables | vectors in the file | rows/s | of the fastest COPY |`,
    '| --- | --- | ---: | ---: |',
    ...rows.map(
      ([name, form, rate]) =>
        `| ${name} | ${form} | ${Math.round(rate)} | ${(rate / fastest(form)).toFixed(2)} |`,
    ),
  ].join('\n');
}
