import { defaultLimits } from '../../schema/limits.ts';
import { speakTo, upsertDocument, type Subject } from './subject.ts';

const { metadataFilterableBytesMax: bytesMax } = defaultLimits;
const vector = [1, 0, 0, 0];

export function filterable(subject: () => Subject): void {
  const { ask, refusalOf, newCollection, count } = speakTo(subject);

  const textCollection = (records: Parameters<typeof newCollection>[0] = []) =>
    newCollection(records, { nonFilterableKeys: ['text', 'raw'] });
  const metadataOf = async (collection: string, key: string): Promise<unknown> =>
    (await ask<Read>(readDocument, { collection, key })).vectorRecord.metadata;

  describe('metadata under nonFilterableKeys', () => {
    test('is stored and returned, and does not count against what can be filtered on', async () => {
      const metadata = { text: 'x'.repeat(30_000), raw: { deep: 'y'.repeat(5_000) }, year: 2012 };
      const collection = await textCollection([{ key: 'a', vector, metadata }]);

      expect(await metadataOf(collection, 'a')).toEqual(metadata);
      expect(await count(collection, { year: 2012 })).toBe(1);
    });

    test('leaves the rest a limit of its own, which is checked before anything is written', async () => {
      const collection = await textCollection();
      const fits = 'x'.repeat(bytesMax - JSON.stringify({ title: '' }).length);
      const recordsWith = (title: string) => [
        { key: 'a', vector, metadata: { text: 'short' } },
        { key: 'b', vector, metadata: { title } },
      ];

      expect(
        await refusalOf(upsertDocument, { collection, records: recordsWith(`${fits}x`) }),
      ).toEqual({ code: 'LIMIT_EXCEEDED', argument: 'records[1].metadata' });
      expect(await count(collection)).toBe(0);
      await ask(upsertDocument, { collection, records: recordsWith(fits) });
      expect(await count(collection)).toBe(2);
    });

    test('leaves that limit to updates too, for what they make of a record', async () => {
      const title = 'x'.repeat(bytesMax / 2);
      const records = ['a', 'b', 'c'].map((key) => ({ key, vector, metadata: { title } }));
      const collection = await textCollection(records);
      const update = { collection, keys: ['a', 'b', 'c'] };
      const refusal = { code: 'LIMIT_EXCEEDED', argument: 'set' };

      for (const summary of ['y'.repeat(bytesMax / 2), 'y'.repeat(bytesMax)]) {
        expect(await refusalOf(updateDocument, { ...update, set: { summary } })).toEqual(refusal);
      }
      expect(await metadataOf(collection, 'b')).toEqual({ title });
      const text = 'z'.repeat(3 * bytesMax);
      await ask(updateDocument, { ...update, set: { text } });
      expect(await metadataOf(collection, 'c')).toEqual({ title, text });
    });
  });

  test('where every key can be filtered on only the whole of the metadata is limited', async () => {
    const metadata = { title: 'x'.repeat(3 * bytesMax) };
    const collection = await newCollection([{ key: 'a', vector, metadata }]);
    const set = { more: 'y'.repeat(3 * bytesMax) };

    await ask(updateDocument, { collection, keys: ['a'], set });

    expect(await metadataOf(collection, 'a')).toEqual({ ...metadata, ...set });
  });
}

interface Read {
  readonly vectorRecord: { readonly metadata: unknown };
}

const readDocument = /* GraphQL */ `
  query ($collection: String!, $bucket: String, $key: ID!) {
    vectorRecord(collection: $collection, bucket: $bucket, key: $key) {
      metadata
    }
  }
`;

const updateDocument = /* GraphQL */ `
  mutation ($collection: String!, $bucket: String, $keys: [ID!]!, $set: JSON) {
    updateVectorMetadata(collection: $collection, bucket: $bucket, keys: $keys, set: $set) {
      updatedCount
    }
  }
`;
