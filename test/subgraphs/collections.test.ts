import { graphql } from 'graphql';
import { createVectorsContext } from '../../subgraphs/context.ts';
import { buildVectorsSchema } from '../../subgraphs/vectors.ts';
import { during } from '../support/store-calls.ts';
import { createStubService, docs } from '../support/stub-service.ts';

test('shards whose keys have no owners have no number of slots', async () => {
  const placement = { ...docs.placement, slots: { a: [], c: [] } };
  const service = createStubService({ describe: async () => ({ ...docs, placement }) });
  const source = '{ vectorCollection(name: "docs") { shards { pod slotCount } } }';

  const answer = await during((call) =>
    graphql({
      schema: buildVectorsSchema(),
      source,
      contextValue: createVectorsContext(service, call),
    }),
  );

  const shards = [
    { pod: 'a', slotCount: null },
    { pod: 'c', slotCount: null },
  ];
  expect(JSON.parse(JSON.stringify(answer))).toEqual({ data: { vectorCollection: { shards } } });
});
