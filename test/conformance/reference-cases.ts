import { nearestFirst, referenceRecords } from '../support/reference-records.ts';
import { speakTo, type Subject } from './subject.ts';

export function referenceCases(subject: () => Subject): void {
  const { newCollection, search, nearest } = speakTo(subject);

  describe('the reference cases', () => {
    let collection: string;
    beforeAll(async () => {
      collection = await newCollection(referenceRecords);
    });

    test('all ten come back nearest first, equal distances by key', async () => {
      const { matches, hasMore } = await search(collection, { near: { vector: [1, 2, 3, 4] } });

      expect(matches.map((match) => match.record.key)).toEqual(nearestFirst.map(([key]) => key));
      matches.forEach((match, i) => expect(match.distance).toBeCloseTo(nearestFirst[i]![1], 5));
      expect(hasMore).toBe(false);
    });

    test.each<[filter: unknown, keys: string[]]>([
      [{ year: { $lt: 1990 } }, ['4', '5']],
      [{ $or: [{ year: 1997 }, { year: 2001 }] }, ['3', '9']],
      [{ year: { $ne: 2000 } }, ['0', '1', '2']],
      [{ year: { $gte: 2019 } }, ['6', '7']],
      [{ year: { $in: [1985, 1863, 1] } }, ['4', '5']],
    ])('the three nearest of %j', async (filter, keys) => {
      const near = { vector: [0, 0, 0, 0] };
      expect(await nearest(collection, { near, k: 3, filter })).toEqual(keys);
    });
  });
}
