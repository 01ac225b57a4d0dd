import { checkCollectionName } from '../../schema/names.ts';
import type { Call } from '../../subgraphs/call.ts';
import type { VectorsService } from '../../subgraphs/context.ts';
import type { CollectionRef } from '../../subgraphs/store.ts';
import type { Bodies } from './bodies.ts';
import type { OperationName } from './schemas.ts';

/** What one call stands on. */
export interface OperationContext extends VectorsService {
  readonly call: Call;
}

/** The calls by name: from a body that has passed its schema to what is answered. */
export type Operations<Name extends OperationName = OperationName> = {
  readonly [N in Name]: (body: Bodies[N], context: OperationContext) => Promise<object>;
};

export const refOf = (body: {
  readonly vectorBucketName: string;
  readonly indexName: string;
}): CollectionRef => ({
  bucket: checkCollectionName(body.vectorBucketName, 'vectorBucketName'),
  collection: checkCollectionName(body.indexName, 'indexName'),
});

/** Seconds, as there. */
export const toSeconds = (iso: string | null): number | undefined =>
  iso === null ? undefined : Math.floor(Date.parse(iso) / 1_000);
