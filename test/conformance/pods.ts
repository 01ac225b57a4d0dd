import { speakTo, type Subject } from './subject.ts';

export function pods(subject: () => Subject): void {
  const { ask, newCollection } = speakTo(subject);

  describe('vectorPods', () => {
    test('has a row a pod', async () => {
      await newCollection();
      const { vectorPods } = await ask<{ vectorPods: readonly Pod[] }>(podsDocument);

      expect(vectorPods.map((pod) => pod.name).toSorted()).toEqual(subject().shards);
      for (const pod of vectorPods) {
        expect(pod).toMatchObject({
          healthy: true,
          postgres: expect.stringMatching(/^\d+/),
          pgvector: expect.stringMatching(/^0\.\d+/),
        });
        expect(pod.collectionCount).toBeGreaterThan(0);
        for (const replica of pod.replicas ?? []) expect(replica.name).toMatch(/\S/);
      }
    });
  });
}

interface Pod {
  readonly name: string;
  readonly collectionCount: number;
  readonly replicas: readonly { readonly name: string }[] | null;
}

const podsDocument = /* GraphQL */ `
  {
    vectorPods {
      name
      healthy
      postgres
      pgvector
      collectionCount
      replicas {
        name
        role
        healthy
        lagMs
        p95Ms
      }
    }
  }
`;
