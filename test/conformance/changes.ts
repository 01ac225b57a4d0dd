import { searchToWire } from '../../subgraphs/search-wire.ts';
import { searchIn } from '../support/store-calls.ts';
import { freshName, row, scattered, speakTo, type Subject } from './subject.ts';

/** What gateways ask of subgraphs, and clients never. */
export function changes(subject: () => Subject): void {
  const { ask, refusalOf, newCollection, upsert } = speakTo(subject);

  const changesOf = async (...collections: readonly string[]): Promise<readonly Row[][]> => {
    const { bucket } = subject();
    const refs = collections.map((collection) => ({ bucket, collection }));
    return (await ask<{ vectorChanges: Row[][] }>(changesDocument, { refs })).vectorChanges;
  };

  const watch = (collection: string, on: boolean): Promise<unknown> =>
    ask(watchDocument, { collection, on });

  describe('changes', () => {
    test('are one row a shard, in the order of the collections that were asked for', async () => {
      const written = await newCollection(scattered(40, 4));
      const empty = await newCollection();

      const [first, second] = await changesOf(written, empty);

      for (const rows of [first!, second!]) {
        expect(rows.map(({ pod }) => pod)).toEqual(subject().shards);
        expect(new Set(rows.map(({ error }) => error))).toEqual(new Set([null]));
      }
      for (const { change } of first!) expect(change!.count).toBeGreaterThan(0);
      for (const { change } of second!) expect(change!.count).toBe(0);
      expect(await changesOf()).toEqual([]);
    });

    test('grow on the shards that a write reaches, before it is acknowledged', async () => {
      const collection = await newCollection(scattered(40, 4));
      const [before] = await changesOf(collection);

      await upsert(collection, row(1));

      const [after] = await changesOf(collection);
      const moved = after!.filter(({ change }, i) => change!.count > before![i]!.change!.count);
      expect(moved).toHaveLength(1);
      expect(after!.map(({ change }) => change!.table)).toEqual(
        before!.map(({ change }) => change!.table),
      );
    });

    test('come with a search that asks for them, and only then', async () => {
      const collection = await newCollection(row(3));
      const [rows] = await changesOf(collection);
      const searched = async (asked?: boolean): Promise<readonly Row[]> => {
        const search = { ...nearest, bucket: subject().bucket, collection, changes: asked };
        return (await ask<Searched>(searchDocument, { search })).searchVectorShards.profile;
      };
      const pick = (all: readonly Row[]) =>
        all.map(({ pod, change }) => ({ pod, change })).sort((a, b) => (a.pod < b.pod ? -1 : 1));

      expect(pick(await searched(true))).toEqual(pick(rows!));
      for (const { change } of [...(await searched(false)), ...(await searched())]) {
        expect(change).toBeNull();
      }
    });

    test('of what is not there are not known', async () => {
      const [rows] = await changesOf(freshName());
      for (const { change } of rows!) expect(change).toBeNull();
    });

    test('are counted no more when nobody wants them to be, and anew when somebody does', async () => {
      const collection = await newCollection(row(2));
      const [before] = await changesOf(collection);

      expect(await watch(collection, true)).toEqual({ watchVectorCollection: true });
      expect(await changesOf(collection)).toEqual([before]);

      await watch(collection, false);
      await watch(collection, false);
      for (const { change } of (await changesOf(collection))[0]!) expect(change).toBeNull();

      await watch(collection, true);
      const [after] = await changesOf(collection);
      after!.forEach(({ change }, i) => expect(change!.table).not.toBe(before![i]!.change!.table));
    });

    test('cannot be counted of what is not there', async () => {
      const collection = freshName();
      for (const on of [true, false]) {
        expect(await refusalOf(watchDocument, { collection, on })).toMatchObject({
          code: 'COLLECTION_NOT_FOUND',
        });
      }
    });
  });
}

interface Row {
  readonly pod: string;
  readonly change: { readonly table: string; readonly count: number } | null;
  readonly error: unknown;
}

interface Searched {
  readonly searchVectorShards: { readonly profile: readonly Row[] };
}

const nearest = searchToWire(searchIn('', '', { vector: Float32Array.of(1, 0, 0, 0), limit: 1 }));

const changesDocument = /* GraphQL */ `
  query ($refs: JSON!) {
    vectorChanges(refs: $refs)
  }
`;

const searchDocument = /* GraphQL */ `
  query ($search: JSON!) {
    searchVectorShards(search: $search)
  }
`;

const watchDocument = /* GraphQL */ `
  mutation ($collection: String!, $bucket: String, $on: Boolean!) {
    watchVectorCollection(collection: $collection, bucket: $bucket, on: $on)
  }
`;
