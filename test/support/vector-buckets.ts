import { randomBytes } from 'node:crypto';
import { StorageClient } from '@supabase/storage-js';
import { createClient, type WebSocketLikeConstructor } from '@supabase/supabase-js';
import { WebSocket } from 'undici';

export type Vectors = StorageClient['vectors'];

/** Without a WebSocket of Node's own, which begins with 22, its client is not made at all. */
const realtime = { transport: WebSocket as unknown as WebSocketLikeConstructor };

/** The same gateway, as each of the two packages calls it. */
export const clients: readonly (readonly [string, (url: string) => Vectors])[] = [
  ['@supabase/storage-js', (url) => new StorageClient(url).vectors],
  ['@supabase/supabase-js', (url) => createClient(url, 'any-key', { realtime }).storage.vectors],
];

/** Of a bucket: other tests have theirs on the same databases. */
export const aName = (): string => `test-${randomBytes(6).toString('hex')}`;

export const three = { dataType: 'float32', dimension: 3 } as const;

export const filmVectors = [
  { key: 'metropolis', data: { float32: [1, 0, 0] }, metadata: { year: 1927 } },
  { key: 'solaris', data: { float32: [0, 2, 0] }, metadata: { year: 1972, tags: ['sea', 'mind'] } },
  { key: 'stalker', data: { float32: [2, 0, 0] }, metadata: { year: 1979, seen: true } },
  { key: 'untitled', data: { float32: [0, 0, 3] }, metadata: {} },
];

/** A bucket with the index "films" in it. */
export async function openFilms(vectors: Vectors) {
  const bucket = aName();
  const scope = vectors.from(bucket);
  const films = scope.index('films');
  await done(vectors.createBucket(bucket));
  await done(scope.createIndex({ ...three, indexName: 'films', distanceMetric: 'euclidean' }));
  await done(films.putVectors({ vectors: filmVectors }));
  return { bucket, scope, films, close: () => removeBucket(vectors, bucket) };
}

/** The bucket, and all that is in it. */
export async function removeBucket(vectors: Vectors, bucket: string): Promise<void> {
  const { indexes } = await done(vectors.from(bucket).listIndexes());
  for (const { indexName } of indexes) await done(vectors.from(bucket).deleteIndex(indexName));
  await done(vectors.deleteBucket(bucket));
}

interface Answered {
  readonly data: unknown;
  readonly error: Error | null;
}

/** What the client was given; its error is thrown. */
export async function done<A extends Answered>(answered: Promise<A>) {
  const { data, error }: A = await answered;
  if (error) throw error;
  return data as NonNullable<A['data']>;
}

/** The error that the client was given. */
export async function refused<A extends Answered>(answered: Promise<A>) {
  const { error }: A = await answered;
  if (!error) throw new Error('Nothing was refused.');
  return error;
}
