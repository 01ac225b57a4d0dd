import { s3Limits } from './limits.ts';

/** A part of JSON Schema. `description` is what a refusal says was needed. */
export interface Schema {
  readonly type: string;
  readonly description: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly [keyword: string]: unknown;
}

const text: Schema = { type: 'string', description: 'a text' };
const flag: Schema = { type: 'boolean', description: 'true or false' };
const anyObject: Schema = { type: 'object', description: 'an object' };

const whole = (minimum: number, maximum: number): Schema => ({
  type: 'integer',
  minimum,
  maximum,
  description: `a whole number from ${minimum} to ${maximum}`,
});

const oneOf = (...values: readonly string[]): Schema => ({
  type: 'string',
  enum: values,
  description: values.map((value) => `"${value}"`).join(' or '),
});

const list = (maxItems: number, items: Schema, what: string): Schema => ({
  type: 'array',
  minItems: 1,
  maxItems,
  items,
  description: `a list of 1 to ${maxItems} ${what}`,
});

/** Everything that is not named in `optional` is required. Unknown fields are ignored, as there. */
const object = (
  required: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
  description: 'an object',
});

/** For what is made; what is there already may have been made, and named, by other means. */
const newName: Schema = {
  type: 'string',
  minLength: s3Limits.nameMin,
  maxLength: s3Limits.nameMax,
  pattern: '^[a-z0-9][a-z0-9.-]*[a-z0-9]$',
  description: `${s3Limits.nameMin} to ${s3Limits.nameMax} lower-case letters, digits, dots and hyphens, with a letter or a digit at both ends`,
};

const inBucket = { vectorBucketName: text };
const inIndex = { ...inBucket, indexName: text };
/** The numbers are looked at where the vector is read. */
const vectorData = object({ float32: { type: 'array', description: 'a list of numbers' } });
const pageOfNames = {
  maxResults: whole(1, s3Limits.namesMax),
  nextToken: text,
  prefix: text,
};
const whatOfVectors = { returnData: flag, returnMetadata: flag };

/** The bodies of the calls. Metadata, filters and numbers of vectors have checks of their own. */
export const bodySchemas = {
  CreateVectorBucket: object({ vectorBucketName: newName }),
  GetVectorBucket: object(inBucket),
  ListVectorBuckets: object({}, pageOfNames),
  DeleteVectorBucket: object(inBucket),

  CreateIndex: object(
    {
      ...inBucket,
      indexName: newName,
      dataType: oneOf('float32'),
      dimension: whole(1, s3Limits.dimensionMax),
      distanceMetric: oneOf('cosine', 'euclidean'),
    },
    {
      metadataConfiguration: object({
        nonFilterableMetadataKeys: {
          ...list(
            s3Limits.nonFilterableKeysMax,
            {
              type: 'string',
              minLength: 1,
              maxLength: s3Limits.nameMax,
              description: `a key of 1 to ${s3Limits.nameMax} characters`,
            },
            'different keys',
          ),
          uniqueItems: true,
        },
      }),
    },
  ),
  GetIndex: object(inIndex),
  ListIndexes: object(inBucket, pageOfNames),
  DeleteIndex: object(inIndex),

  PutVectors: object({
    ...inIndex,
    vectors: list(
      s3Limits.putMax,
      object({ key: text, data: vectorData }, { metadata: anyObject }),
      'vectors',
    ),
  }),
  GetVectors: object({ ...inIndex, keys: list(s3Limits.getMax, text, 'keys') }, whatOfVectors),
  DeleteVectors: object({ ...inIndex, keys: list(s3Limits.deleteMax, text, 'keys') }),
  ListVectors: object(inIndex, {
    ...whatOfVectors,
    maxResults: whole(1, s3Limits.listMax),
    nextToken: text,
    segmentCount: whole(1, s3Limits.segmentsMax),
    segmentIndex: whole(0, s3Limits.segmentsMax - 1),
  }),
  QueryVectors: {
    ...object(
      { ...inIndex, queryVector: vectorData },
      {
        topK: whole(1, s3Limits.topKMax),
        filter: anyObject,
        returnDistance: flag,
        returnMetadata: flag,
      },
    ),
    // A misspelt filter would be a search without one.
    additionalProperties: false,
  },
} as const satisfies Readonly<Record<string, Schema>>;

export type OperationName = keyof typeof bodySchemas;
