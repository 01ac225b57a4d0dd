import { row, speakTo, type Subject } from './subject.ts';

/** What a subgraph offers to routers. A gateway's own face has none of this. */
export function entities(subject: () => Subject): void {
  const { ask, newCollection } = speakTo(subject);

  describe('what other subgraphs name by its keys', () => {
    const entitiesOf = async (representations: readonly object[]): Promise<unknown> => {
      const answer = await ask<{ found: unknown }>(entitiesDocument, { representations });
      return answer.found;
    };

    const record = (collection: string, key: string) => ({
      __typename: 'VectorRecord',
      bucket: subject().bucket,
      collection,
      key,
    });

    test('is found in the order asked, null where there is none', async () => {
      const { bucket } = subject();
      const collection = await newCollection(row(3));
      const representations = [
        record(collection, '3'),
        { __typename: 'VectorCollection', bucket, name: collection },
        record(collection, 'nobody'),
        { __typename: 'VectorBucket', name: bucket },
        record(collection, '1'),
        { __typename: 'VectorCollection', bucket, name: 'nothing' },
        { __typename: 'VectorBucket', name: 'nowhere' },
        record(collection, '3'),
      ];

      expect(await entitiesOf(representations)).toEqual([
        { key: '3', vector: [3, 0, 0, 0], metadata: { n: 3 } },
        { name: collection, dimension: 4, count: 3 },
        null,
        { name: bucket, collectionCount: expect.any(Number) },
        { key: '1', vector: [1, 0, 0, 0], metadata: { n: 1 } },
        null,
        null,
        { key: '3', vector: [3, 0, 0, 0], metadata: { n: 3 } },
      ]);
    });

    test('can be more records than one read may ask for', async () => {
      const collection = await newCollection(row(1_000));
      const keys = Array.from({ length: 1_500 }, (_, i) => String(i + 1));

      const found = await entitiesOf(keys.map((key) => record(collection, key)));
      expect(found).toEqual(
        keys.map((key, i) =>
          i < 1_000 ? { key, vector: [i + 1, 0, 0, 0], metadata: { n: i + 1 } } : null,
        ),
      );
    });

    test('fails alone where its collection is not', async () => {
      const collection = await newCollection(row(1));
      const { data, errors } = await subject().execute(entitiesDocument, {
        representations: [record('missing', '1'), record(collection, '1')],
      });

      expect(data).toEqual({
        found: [null, { key: '1', vector: [1, 0, 0, 0], metadata: { n: 1 } }],
      });
      expect(errors).toHaveLength(1);
      expect(errors![0]).toMatchObject({ extensions: { code: 'COLLECTION_NOT_FOUND' } });
    });

    test('is described by the SDL of the subgraph', async () => {
      const { service } = await ask<{ service: { sdl: string } }>('{ service: _service { sdl } }');
      expect(service.sdl).toMatch(/specs\.apollo\.dev\/federation\/v2\.9/);
      expect(service.sdl).toMatch(/type VectorRecord\s+@key\(fields: "bucket collection key"/);
      expect(service.sdl).toMatch(/type VectorCollection\s+@key\(fields: "bucket name"/);
      expect(service.sdl).toMatch(/type VectorBucket\s+@key\(fields: "name"/);
    });
  });
}

const entitiesDocument = /* GraphQL */ `
  query ($representations: [_Any!]!) {
    found: _entities(representations: $representations) {
      ... on VectorRecord {
        key
        vector
        metadata
      }
      ... on VectorCollection {
        name
        dimension
        count
      }
      ... on VectorBucket {
        name
        collectionCount
      }
    }
  }
`;
