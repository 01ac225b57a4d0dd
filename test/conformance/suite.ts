import { badInput } from './bad-input.ts';
import { buckets } from './buckets.ts';
import { hotCache } from './cache.ts';
import { changes } from './changes.ts';
import { collections } from './collections.ts';
import { contract, noting } from './contract.ts';
import { distances } from './distances.ts';
import { entities } from './entities.ts';
import { filterable } from './filterable.ts';
import { filters } from './filters.ts';
import { indexes } from './indexes.ts';
import { listings } from './listings.ts';
import { targets } from './near.ts';
import { orders } from './orders.ts';
import { pods } from './pods.ts';
import { records } from './records.ts';
import { referenceCases } from './reference-cases.ts';
import { scans } from './scans.ts';
import { searches } from './search.ts';
import { writes } from './writes.ts';
import type { Subject } from './subject.ts';

/**
 * The public contract as tests, for anything that serves it. They work through GraphQL alone, in
 * the subject's own bucket, and know nothing of what stands behind.
 */
export function conformance(
  name: string,
  open: () => Promise<Subject>,
  /** Whether it is a subgraph, which answers `_entities`, `_service` and what gateways ask. */
  options: { readonly entities: boolean },
): void {
  describe(name, () => {
    const used = new Set<string>();
    let opened: Subject;
    beforeAll(async () => {
      opened = noting(await open(), used);
    }, 60_000);
    afterAll(() => opened?.close());

    const subject = (): Subject => opened;
    const suites = [
      referenceCases,
      distances,
      searches,
      targets,
      filters,
      records,
      scans,
      orders,
      writes,
      filterable,
      collections,
      listings,
      buckets,
      indexes,
      badInput,
      pods,
      hotCache,
      ...(options.entities ? [entities, changes] : []),
    ];
    for (const suite of suites) suite(subject);
    contract(() => used);
  });
}
