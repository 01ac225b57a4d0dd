import { base64, byBytes, keysOf, row, searchDocument, speakTo, type Subject } from './subject.ts';

export function targets(subject: () => Subject): void {
  const { ask, refusalOf, newCollection, search, nearest } = speakTo(subject);

  describe('near', () => {
    test('a stored record is near by its key and left out itself', async () => {
      const twin = { key: 'twin', vector: [2, 0, 0, 0] };
      const collection = await newCollection([...row(4), twin]);

      const result = await search(collection, { near: { key: '2' }, k: 3 });
      expect(keysOf(result)).toEqual(['twin', '1', '3']);
      expect(result).toMatchObject({ hasMore: true, matches: [{ distance: 0 }, {}, {}] });
      const rest = await search(collection, { near: { key: '2' }, k: 3, offset: 3 });
      expect(keysOf(rest)).toEqual(['4']);
      expect(rest.hasMore).toBe(false);
    });

    test('every record finds its neighbours, whichever shard it lives on', async () => {
      const collection = await newCollection(row(12));
      for (let n = 2; n < 12; n++) {
        const found = await nearest(collection, { near: { key: String(n) }, k: 2 });
        expect(found).toEqual(byBytes([String(n - 1), String(n + 1)]));
      }
    });

    test('a vector is a list or base64, in variables or in the query', async () => {
      const collection = await newCollection(row(3));
      const target = [2.25, 0, 0, 0];
      expect(await nearest(collection, { near: { vector: target } })).toEqual(['2', '3', '1']);
      expect(await nearest(collection, { near: { vector: base64(target) } })).toEqual([
        '2',
        '3',
        '1',
      ]);
      for (const inline of ['[2.25, 0, 0, 0]', `"${base64(target)}"`]) {
        const { searchVectors } = await ask<{ searchVectors: unknown }>(
          `query ($collection: String!, $bucket: String) {
            searchVectors(collection: $collection, bucket: $bucket, k: 1, near: { vector: ${inline} }) {
              matches { record { key } }
            }
          }`,
          { collection },
        );
        expect(searchVectors).toEqual({ matches: [{ record: { key: '2' } }] });
      }
    });

    test('a text is near by its embedding', async () => {
      const unit = (i: number) => Array.from({ length: 256 }, (_, at) => (at === i ? 1 : 0));
      const records = Array.from({ length: 256 }, (_, i) => ({ key: `d${i}`, vector: unit(i) }));
      const collection = await newCollection(records, { dimension: 256, metric: 'COSINE' });

      const near = { text: 'how are shards merged?' };
      const { matches } = await search(collection, { near, k: 3 });
      expect(matches).toHaveLength(3);
      expect(matches[0]!.score).toBeGreaterThan(0);
      expect(await nearest(collection, { near, k: 3 })).toEqual(
        matches.map((match) => match.record.key),
      );
    });

    test.each<[title: string, near: object, argument: string]>([
      ['nothing', {}, 'near'],
      ['nothing but nulls', { vector: null, key: null, text: null }, 'near'],
      ['two things', { vector: [1, 0, 0, 0], key: '1' }, 'near'],
      ['a key without a record', { key: 'nobody' }, 'near.key'],
    ])('%s to be near to is refused', async (_, near, argument) => {
      const collection = await newCollection(row(1));
      expect(await refusalOf(searchDocument, { collection, near })).toEqual({
        code: 'BAD_USER_INPUT',
        argument,
      });
    });

    test('a field that is null is a field that is absent', async () => {
      const collection = await newCollection(row(2));
      const near = { vector: null, key: '1', text: null };
      expect(await nearest(collection, { near })).toEqual(['2']);
    });
  });
}
