import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCall, type Call } from '../../subgraphs/call.ts';
import type { VectorsService } from '../../subgraphs/context.ts';
import type { Embedder } from '../../subgraphs/embedder.ts';
import { packageRoot } from '../../subgraphs/package-root.ts';
import type { CollectionRef, NewRecord, VectorStore } from '../../subgraphs/store.ts';
import { chunkMarkdown } from './chunk-markdown.ts';

export const sampleCollection: CollectionRef = { bucket: 'vecs', collection: 'quiver_docs' };

/**
 * Put the sections of our own README and docs into `quiver_docs`, unless something is there.
 * Gives the number of records that it wrote.
 */
export async function loadSample(service: VectorsService): Promise<number> {
  const { store, limits, embedders } = service;
  const embedder = embedders.of(sampleCollection);
  if (!embedder) throw new Error('The sample needs an embedder; got none.');
  const call = startCall({ timeoutMs: limits.timeoutMsMax, requestId: 'sample' });
  try {
    if (!(await isMissing(store, call))) return 0;
    const records = await readSample(embedder, call);
    await createCollection(store, embedder.dimension, call);
    for (let i = 0; i < records.length; i += limits.writeRecordsMax) {
      const some = records.slice(i, i + limits.writeRecordsMax);
      await store.upsert({ ...sampleCollection, records: some, version: null }, call);
    }
    return records.length;
  } finally {
    call.end();
  }
}

/** A start that was cut short may have left it empty. */
async function isMissing(store: VectorStore, call: Call): Promise<boolean> {
  const found = await store.describe(sampleCollection, call);
  if (found?.placement.state !== 'active') return true;
  return (await store.count({ ...sampleCollection, filter: null }, call)) === 0;
}

async function createCollection(store: VectorStore, dimension: number, call: Call): Promise<void> {
  const spec = {
    ...sampleCollection,
    dimension,
    metric: 'COSINE',
    elementType: 'FLOAT32',
    nonFilterableKeys: [],
    pods: null,
    ifNotExists: true,
  } as const;
  await store.createCollection(spec, null, call);
}

/** The sections of the README and the docs, as records. */
export async function readSample(embedder: Embedder, call: Call): Promise<NewRecord[]> {
  const chunks = (await readDocs()).flatMap(({ file, text }) =>
    chunkMarkdown(file, text).map((chunk) => ({ ...chunk, file })),
  );
  // A heading says what its section is about, so its words count twice; code says little of that.
  const texts = chunks.map(({ title, text }) => `${title}\n${title}\n${withoutCode(text)}`);
  const vectors = await embedder.embed(texts, call);
  return chunks.map(({ key, title, text, file }, i) => {
    const vector = vectors[i];
    if (!vector) throw new Error(`the embedder gave ${vectors.length} of ${chunks.length} vectors`);
    return { key, vector, metadata: { file, title, text } };
  });
}

const withoutCode = (text: string): string => text.replace(/^```.*?^```/gms, '');

async function readDocs(): Promise<{ file: string; text: string }[]> {
  const root = packageRoot();
  const docs = join(root, 'docs');
  const names = existsSync(docs) ? await readdir(docs) : [];
  const pages = names.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  const files = ['README.md', ...pages.toSorted()].filter((file) => existsSync(join(root, file)));
  return Promise.all(
    files.map(async (file) => ({ file, text: await readFile(join(root, file), 'utf8') })),
  );
}
