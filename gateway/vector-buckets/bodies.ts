import type { OperationName } from './schemas.ts';

interface InBucket {
  readonly vectorBucketName: string;
}

interface InIndex extends InBucket {
  readonly indexName: string;
}

interface Page {
  readonly maxResults?: number;
  readonly nextToken?: string;
}

interface PageOfNames extends Page {
  readonly prefix?: string;
}

interface VectorData {
  readonly float32: readonly unknown[];
}

export interface NewVector {
  readonly key: string;
  readonly data: VectorData;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

interface WhatOfVectors {
  readonly returnData?: boolean;
  readonly returnMetadata?: boolean;
}

/** What a body is once it has passed its schema. */
export interface Bodies extends Record<OperationName, object> {
  readonly CreateVectorBucket: InBucket;
  readonly GetVectorBucket: InBucket;
  readonly ListVectorBuckets: PageOfNames;
  readonly DeleteVectorBucket: InBucket;
  readonly CreateIndex: InIndex & {
    readonly dimension: number;
    readonly distanceMetric: 'cosine' | 'euclidean';
    readonly metadataConfiguration?: { readonly nonFilterableMetadataKeys: readonly string[] };
  };
  readonly GetIndex: InIndex;
  readonly ListIndexes: InBucket & PageOfNames;
  readonly DeleteIndex: InIndex;
  readonly PutVectors: InIndex & { readonly vectors: readonly NewVector[] };
  readonly GetVectors: InIndex & WhatOfVectors & { readonly keys: readonly string[] };
  readonly DeleteVectors: InIndex & { readonly keys: readonly string[] };
  readonly ListVectors: InIndex &
    WhatOfVectors &
    Page & { readonly segmentCount?: number; readonly segmentIndex?: number };
  readonly QueryVectors: InIndex & {
    readonly queryVector: VectorData;
    readonly topK?: number;
    readonly filter?: Readonly<Record<string, unknown>>;
    readonly returnDistance?: boolean;
    readonly returnMetadata?: boolean;
  };
}
