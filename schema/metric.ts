export const metrics = ['COSINE', 'L2', 'INNER_PRODUCT', 'L1'] as const;
export type Metric = (typeof metrics)[number];

export const elementTypes = ['FLOAT32', 'FLOAT16'] as const;
export type ElementType = (typeof elementTypes)[number];

export const indexMethods = ['HNSW', 'IVFFLAT'] as const;
export type IndexMethod = (typeof indexMethods)[number];

/** Larger is nearer; distances are pgvector's own (INNER_PRODUCT negated, L2 the true distance). */
export function scoreOf(metric: Metric, distance: number): number {
  switch (metric) {
    case 'COSINE':
      return 1 - distance;
    case 'INNER_PRODUCT':
      return distance === 0 ? 0 : -distance;
    case 'L2':
    case 'L1':
      return 1 / (1 + distance);
    default:
      return metric satisfies never;
  }
}
