import { errors } from '../../schema/errors.ts';
import type { Limits } from '../../schema/limits.ts';
import { checkFilterable, checkKey } from '../../schema/names.ts';
import { readVector, vectorToList } from '../../schema/vector.ts';
import { checkVector, requireCollection } from '../../subgraphs/collections.ts';
import { positionFromCursor, positionToCursor } from '../../subgraphs/scan-cursor.ts';
import type { Collection, NewRecord, Selection, StoredRecord } from '../../subgraphs/store.ts';
import type { Bodies, NewVector } from './bodies.ts';
import { refOf, type Operations } from './context.ts';
import { s3Limits } from './limits.ts';
import { readMetadata } from './metadata.ts';

export const vectorOperations: Operations<
  'PutVectors' | 'GetVectors' | 'ListVectors' | 'DeleteVectors'
> = {
  async PutVectors(body, { store, call, limits }) {
    const ref = refOf(body);
    const records = readVectors(body.vectors, limits);
    await requireCollection(store, ref, call, (collection) => {
      checkAgainst(collection, records, limits);
    });
    await store.upsert({ ...ref, records, version: null }, call);
    return {};
  },

  /** In the order asked; a key that is not there is left out. */
  async GetVectors(body, { store, call, limits }) {
    const ref = refOf(body);
    const keys = readKeys(body.keys, limits);
    await requireCollection(store, ref, call);
    const slots = await store.fetch({ ...ref, keys, select: selectionOf(body) }, call);
    const failed = slots.find((slot) => slot instanceof Error);
    if (failed) throw failed;
    const found = slots.filter((slot): slot is StoredRecord => slot !== null);
    return { vectors: found.map(toVector) };
  },

  async ListVectors(body, { store, call }) {
    const ref = refOf(body);
    const segment = readSegment(body);
    const after = positionFromCursor(body.nextToken, [], 'nextToken');
    const limit = body.maxResults ?? s3Limits.listDefault;
    await requireCollection(store, ref, call);
    const select = selectionOf(body);
    const query = { ...ref, filter: null, limit, orderBy: [], after, segment, select };
    const page = await store.scan(query, call);
    const last = page.records.at(-1);
    return {
      vectors: page.records.map(toVector),
      nextToken: page.hasMore && last ? positionToCursor(last.position, []) : undefined,
    };
  },

  async DeleteVectors(body, { store, call, limits }) {
    const ref = refOf(body);
    const keys = readKeys(body.keys, limits);
    await requireCollection(store, ref, call);
    await store.delete({ ...ref, target: { keys }, version: null }, call);
    return {};
  },
};

/** Everything about the vectors that can be judged without the collection. */
function readVectors(vectors: readonly NewVector[], limits: Limits): readonly NewRecord[] {
  const positions = new Map<string, number>();
  return vectors.map(({ key, data, metadata }, i) => {
    const argument = `vectors[${i}]`;
    checkKey(key, `${argument}.key`, limits);
    const earlier = positions.get(key);
    if (earlier !== undefined) {
      throw errors.badRequest(
        `${argument}.key`,
        `Each key may be given once; vectors[${earlier}] and ${argument} both have "${key}".`,
      );
    }
    positions.set(key, i);
    return {
      key,
      vector: readVector(data.float32, `${argument}.data.float32`),
      metadata: readMetadata(metadata ?? {}, `${argument}.metadata`, limits),
    };
  });
}

function checkAgainst(collection: Collection, records: readonly NewRecord[], limits: Limits): void {
  records.forEach(({ vector, metadata }, i) => {
    checkVector(`vectors[${i}].data.float32`, vector, collection);
    checkFilterable(metadata, `vectors[${i}].metadata`, collection.nonFilterableKeys, limits);
  });
}

const readKeys = (keys: readonly string[], limits: Limits): readonly string[] => [
  ...new Set(keys.map((key, i) => checkKey(key, `keys[${i}]`, limits))),
];

function readSegment({ segmentCount, segmentIndex }: Bodies['ListVectors']) {
  if ((segmentCount === undefined) !== (segmentIndex === undefined)) {
    const given = segmentCount === undefined ? 'segmentIndex' : 'segmentCount';
    throw errors.badRequest(
      given,
      `segmentCount and segmentIndex must be given together; got ${given} alone.`,
    );
  }
  const segment = { index: segmentIndex ?? 0, of: segmentCount ?? 1 };
  if (segment.index < segment.of) return segment;
  throw errors.badInput('segmentIndex', `less than segmentCount, ${segment.of}`, segment.index);
}

const selectionOf = (body: Bodies['GetVectors'] | Bodies['ListVectors']): Selection => ({
  metadata: body.returnMetadata ? 'all' : 'none',
  vector: body.returnData ?? false,
});

const toVector = ({ key, vector, metadata }: StoredRecord) => ({
  key,
  data: vector && { float32: vectorToList(vector) },
  metadata,
});
