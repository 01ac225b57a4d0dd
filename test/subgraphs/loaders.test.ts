import { errors } from '../../schema/errors.ts';
import { defaultLimits } from '../../schema/limits.ts';
import { createLoaders, type Loaders } from '../../subgraphs/loaders.ts';
import type { FetchQuery, Selection, VectorStore } from '../../subgraphs/store.ts';
import { during } from '../support/store-calls.ts';
import { createStubService } from '../support/stub-service.ts';

const ref = { bucket: 'b', collection: 'c' };
const select = (metadata: Selection['metadata'], vector = false): Selection => ({
  metadata,
  vector,
});

/** Load from a store that has every record but "nobody", and cannot say of "broken". */
async function loading<T>(
  run: (loaders: Loaders) => Promise<T>,
): Promise<{ answer: T; queries: readonly FetchQuery[] }> {
  const queries: FetchQuery[] = [];
  const fetch: VectorStore['fetch'] = async (query) => {
    queries.push(query);
    if (query.collection === 'missing') throw errors.collectionNotFound('b', 'missing');
    return query.keys.map((key) => {
      if (key === 'broken') return errors.podUnavailable('pod-a', 'is down');
      if (key === 'nobody') return null;
      return { key, metadata: { a: 1, b: 2, c: 3 }, vector: Float32Array.of(1) };
    });
  };
  const limits = { ...defaultLimits, readKeysMax: 2 };
  const service = { ...createStubService({ fetch }), limits };
  const answer = await during((call) => run(createLoaders(service, call, 10_000)));
  return { answer, queries };
}

describe('records that are loaded in one tick', () => {
  test('are one read of all that any of them wants, and come with what each wants', async () => {
    const { answer, queries } = await loading((loaders) =>
      Promise.all([
        loaders.record(ref, select(['a']), 'x'),
        loaders.record(ref, select(['b'], true), 'y'),
        loaders.record(ref, select('none'), 'x'),
      ]),
    );

    expect(queries).toEqual([{ ...ref, keys: ['x', 'y'], select: select(['a', 'b'], true) }]);
    expect(answer).toEqual([
      { key: 'x', metadata: { a: 1 } },
      { key: 'y', metadata: { b: 2 }, vector: Float32Array.of(1) },
      { key: 'x' },
    ]);
  });

  test('are read in parts when they are more than a read may have', async () => {
    const { answer, queries } = await loading((loaders) =>
      Promise.all(
        ['1', '2', '3', '2', '4', '5'].map((key) => loaders.record(ref, select('all'), key)),
      ),
    );

    expect(queries.map(({ keys }) => keys)).toEqual([['1', '2'], ['3', '4'], ['5']]);
    expect(answer.map((record) => record?.key)).toEqual(['1', '2', '3', '2', '4', '5']);
  });

  test('fail alone: one of them, or those of another collection', async () => {
    const other = { ...ref, collection: 'missing' };
    const { answer } = await loading((loaders) =>
      Promise.allSettled([
        loaders.record(ref, select('none'), 'x'),
        loaders.record(ref, select('none'), 'broken'),
        loaders.record(ref, select('none'), 'nobody'),
        loaders.record(other, select('none'), 'x'),
      ]),
    );

    expect(answer).toEqual([
      { status: 'fulfilled', value: { key: 'x' } },
      { status: 'rejected', reason: errors.podUnavailable('pod-a', 'is down') },
      { status: 'fulfilled', value: null },
      { status: 'rejected', reason: errors.collectionNotFound('b', 'missing') },
    ]);
  });
});

test('a record that was loaded is read again only for what was not selected', async () => {
  const { queries } = await loading(async (loaders) => {
    await loaders.record(ref, select(['a']), 'x');
    await loaders.record(ref, select(['a']), 'x');
    await loaders.record(ref, select(['b']), 'x');
  });
  expect(queries.map((query) => query.select.metadata)).toEqual([['a'], ['b']]);
});
