import { errors } from '../../schema/errors.ts';
import { compareBytes } from '../../schema/key.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { Bucket, VectorStore } from '../../subgraphs/store.ts';
import { allOf, firstError } from '../scatter.ts';
import type { Pods } from './pods.ts';

type Buckets = Pick<VectorStore, 'listBuckets' | 'createBucket' | 'deleteBucket'>;

/** A bucket is on every pod, since any of them may become the home of a collection in it. */
export function createBuckets(pods: Pods): Buckets {
  /** What all pods have under the name; a pod that is down is an error, before anything is done. */
  async function everywhere(
    name: string,
    call: Call,
  ): Promise<readonly { readonly pod: string; readonly bucket: Bucket }[]> {
    const gathered = await pods.scatter(pods.all, async (store, { name: pod }) => {
      const buckets = await store.listBuckets(name, call);
      return buckets.filter((bucket) => bucket.name === name).map((bucket) => ({ pod, bucket }));
    });
    return allOf(gathered).flat();
  }

  return {
    async listBuckets(prefix, call) {
      const { answers, failures } = await pods.scatter(pods.all, (store) =>
        store.listBuckets(prefix, call),
      );
      if (answers.length === 0) throw firstError(failures)!;
      const rows = answers.flatMap(({ answer }) => answer);
      const complete = failures.length === 0;
      return [...new Set(rows.map(({ name }) => name))].sort(compareBytes).map((name) => {
        const bucket = unite(rows.filter((row) => row.name === name));
        return complete ? bucket : { ...bucket, collectionCount: null };
      });
    },

    /** On some pods it may be there already, of a creation that was cut; on all it is a bucket. */
    async createBucket(name, call) {
      const there = await everywhere(name, call);
      if (there.length === pods.all.length) throw errors.bucketExists(name);
      const lacking = pods.all.filter(({ name: pod }) => !there.some((row) => row.pod === pod));
      const made = allOf(await pods.scatter(lacking, (store) => store.createBucket(name, call)));
      return unite([...there.map(({ bucket }) => bucket), ...made]);
    },

    async deleteBucket(name, call) {
      const held = (await everywhere(name, call)).map(({ bucket }) => bucket.collectionCount ?? 0);
      const most = Math.max(0, ...held);
      if (most > 0) throw errors.bucketNotEmpty(name, most);
      const deleted = allOf(
        await pods.scatter(pods.all, (store) => store.deleteBucket(name, call)),
      );
      return deleted.includes(true);
    },
  };
}

/** A collection on several pods counts once, so the largest number is the nearest to the truth. */
function unite(rows: readonly Bucket[]): Bucket {
  const created = rows.flatMap(({ createdAt }) => createdAt ?? []).sort();
  return {
    name: rows[0]!.name,
    collectionCount: Math.max(...rows.map(({ collectionCount }) => collectionCount ?? 0)),
    createdAt: created[0] ?? null,
  };
}
