import { openCommandSubject, type CommandSubject } from '../support/command-subject.ts';
import { createFolder, ndjson } from '../support/import-files.ts';

let subject: CommandSubject;
const folder = createFolder();
beforeAll(async () => {
  subject = await openCommandSubject();
});
afterAll(() => subject.close());
afterAll(() => folder.remove());

const embed = ['--create', '--embed', '--embedder', 'hash', '--text-field', 'text'];

const imported = (file: string, collection: string, args: readonly string[]) =>
  subject.byUrl(['import', file, '--collection', collection, ...args]);

async function metadataOf(collection: string): Promise<Record<string, unknown>> {
  const { stdout } = await subject.byUrl(['export', '--collection', collection]);
  const lines = stdout.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const { key, metadata } = JSON.parse(line) as { key: string; metadata: unknown };
      return [key, metadata];
    }),
  );
}

test('vectors are made from a field of the line, or of its metadata', async () => {
  const file = folder.write(
    'texts.ndjson',
    ndjson([
      { id: 'plain', text: 'sharks and rays', year: 1 },
      { id: 'inside', metadata: { text: 'tea with milk', year: 2 } },
      { id: 'beside', text: 'a long voyage', metadata: { year: 3 } },
      { id: 'none', year: 4 },
    ]),
  );

  expect((await imported(file, 'texts', embed)).code).toBe(3);
  expect(await metadataOf('texts')).toEqual({
    plain: { text: 'sharks and rays', year: 1 },
    inside: { text: 'tea with milk', year: 2 },
    beside: { text: 'a long voyage', year: 3 },
  });
  const near = ['search', '--collection', 'texts', '--text', 'milk tea', '--k', '1', '--json'];
  expect(JSON.parse((await subject.byUrl(near)).stdout)).toMatchObject({
    matches: [{ record: { key: 'inside' } }],
  });
});

test('a text is cut into paragraphs, each a record with the metadata of the whole', async () => {
  const text = 'First.\nStill first.\n\n  \r\nSecond.\n\n\nThird.';
  const file = folder.write('paragraphs.ndjson', ndjson([{ id: 'doc', text, lang: 'en' }]));

  expect((await imported(file, 'paragraphs', [...embed, '--chunk', 'paragraph'])).code).toBe(0);
  expect(await metadataOf('paragraphs')).toEqual({
    doc_para_000: { text: 'First.\nStill first.', lang: 'en', chunk: 0 },
    doc_para_001: { text: 'Second.', lang: 'en', chunk: 1 },
    doc_para_002: { text: 'Third.', lang: 'en', chunk: 2 },
  });
});

test('a Markdown text is cut at its headings', async () => {
  const text = '# Tea\n\nWith milk.\n\n## Green\n\nWithout.\n';
  const file = folder.write('markdown.csv', `id,text,n\ndoc,"${text}",1\n`);

  expect((await imported(file, 'markdown', [...embed, '--chunk', 'markdown'])).code).toBe(0);
  expect(await metadataOf('markdown')).toEqual({
    doc_head_000: { text: 'Tea\n\nWith milk.', n: '1', chunk: 0 },
    doc_head_001: { text: 'Tea › Green\n\nWithout.', n: '1', chunk: 1 },
  });
});

test('texts longer than metadata may be are imported in chunks', async () => {
  const paragraphs = Array.from(
    { length: 1_500 },
    (_, n) => `Paragraph ${n}. ${'word '.repeat(10)}`,
  );
  const line = { id: 'book', text: paragraphs.join('\n\n') };
  const file = folder.write('book.ndjson', ndjson([line]));

  expect((await imported(file, 'whole', embed)).code).toBe(3);
  expect((await imported(file, 'chunks', [...embed, '--chunk', 'paragraph'])).code).toBe(0);
  const chunks = await metadataOf('chunks');
  expect(Object.keys(chunks)).toHaveLength(1_500);
  expect(chunks['book_para_1499']).toEqual({ text: paragraphs[1_499]!.trim(), chunk: 1_499 });
});

test('an embedder must make what the collection holds', async () => {
  const there = folder.write('there.ndjson', ndjson([{ key: 'a', vector: [1, 0], text: 'a' }]));
  await imported(there, 'two', ['--create']);
  const args = embed.filter((arg) => arg !== '--create');
  const { code, stderr } = await imported(there, 'two', args);

  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      'Collection "two" holds 2-dimensional vectors; those of its embedder "hash" have 256. (DIMENSION_MISMATCH)\n',
  });
});

test('--create takes a collection that is there, if it is the one that was meant', async () => {
  const file = folder.write(
    'again.ndjson',
    ndjson([
      { key: 'bad', vector: [1] },
      { key: 'b', vector: [1, 0] },
    ]),
  );
  const first = folder.write('first.ndjson', ndjson([{ key: 'a', vector: [1, 0] }]));
  await imported(first, 'again', ['--create', '--element-type', 'float16']);

  const { code } = await imported(file, 'again', ['--create', '--element-type', 'float16']);
  expect(code).toBe(3);
  const { code: other, stderr } = await imported(first, 'again', ['--create', '--restart']);
  expect({ other, stderr }).toEqual({
    other: 1,
    stderr: expect.stringContaining('but with element type FLOAT16'),
  });
});
