import { freshName, speakTo, type Subject } from './subject.ts';

export function hotCache(subject: () => Subject): void {
  const { ask, refusalOf, newCollection } = speakTo(subject);

  describe('the hot cache', () => {
    test('is told of, and cleared, by a server that has one', async () => {
      const collection = await newCollection();
      const { vectorCache } = await ask<{ vectorCache: object | null }>(statsDocument);

      const answer = await ask<object>(clearDocument, { collection });

      expect(answer).toEqual({ clearVectorCache: { cleared: vectorCache !== null } });
    });

    test('has nothing of a collection that is not there', async () => {
      expect(await refusalOf(clearDocument, { collection: freshName() })).toEqual({
        code: 'COLLECTION_NOT_FOUND',
      });
      expect(await refusalOf(clearDocument, { collection: '' })).toEqual({
        code: 'BAD_USER_INPUT',
        argument: 'collection',
      });
    });
  });
}

const statsDocument = /* GraphQL */ `
  {
    vectorCache {
      hits
      misses
      coalesced
      bypassed
      admitted
      refused
      entries
      bytes
      bytesMax
      redis {
        requests
        failures
        resting
      }
    }
  }
`;

const clearDocument = /* GraphQL */ `
  mutation ($collection: String!, $bucket: String) {
    clearVectorCache(collection: $collection, bucket: $bucket) {
      cleared
    }
  }
`;
