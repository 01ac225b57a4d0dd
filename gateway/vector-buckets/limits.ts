/** What S3 Vectors allows in one call: part of its protocol, so no configuration changes it. */
export const s3Limits = {
  nameMin: 3,
  nameMax: 63,
  dimensionMax: 4_096,
  nonFilterableKeysMax: 10,
  putMax: 500,
  getMax: 100,
  deleteMax: 500,
  listMax: 1_000,
  listDefault: 500,
  segmentsMax: 16,
  /** Buckets or indexes in one page of a listing. */
  namesMax: 500,
  topKMax: 100,
  topKDefault: 10,
  metadataKeysMax: 50,
} as const;
