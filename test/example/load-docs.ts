import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startCall } from '../../subgraphs/call.ts';
import { createHashEmbedder } from '../../subgraphs/embedders/hash-embedder.ts';

interface Page {
  readonly id: string;
  readonly title: string;
  readonly url?: string;
  readonly year: number;
  readonly tags: readonly string[];
  readonly text: string;
}

const upsert = `mutation ($records: [DocInput!]!) {
  upsertDocs(records: $records) { upsertedCount }
}`;

/**
 * Write the pages of `docs.json` through the gateway, as any client would; what is there already is
 * replaced. Gives how many there are.
 */
export async function loadDocs(folder: string, gatewayUrl: string): Promise<number> {
  const pages: readonly Page[] = JSON.parse(await readFile(join(folder, 'docs.json'), 'utf8'));
  const vectors = await embed(pages.map(({ title, text }) => `${title}\n${text}`));
  const records = pages.map(({ text, ...declared }, i) => ({
    ...declared,
    vector: Array.from(vectors[i] ?? []),
    // It has no field in doc.graphql.
    metadata: { text },
  }));

  const response = await fetch(`${gatewayUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: upsert, variables: { records } }),
    signal: AbortSignal.timeout(loadMsMax),
  });
  const answer = (await response.json()) as { readonly errors?: readonly Error[] };
  if (answer.errors) throw new Error(`docs.json is not loaded: ${answer.errors[0]?.message}`);
  return records.length;
}

const loadMsMax = 30_000;

async function embed(texts: readonly string[]): Promise<readonly Float32Array[]> {
  const call = startCall({ timeoutMs: loadMsMax, requestId: 'example' });
  try {
    return await createHashEmbedder().embed(texts, call);
  } finally {
    call.end();
  }
}
