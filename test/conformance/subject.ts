import { randomUUID } from 'node:crypto';
import type { GraphQLFormattedError } from 'graphql';

/** Whatever serves the contract. Its embedder is the built-in one, of 256 dimensions. */
export interface Subject {
  execute(query: string, variables?: Variables): Promise<Answer>;
  /** A fresh bucket that exists, of this subject alone. */
  readonly bucket: string;
  /** The names of its pods, in order. */
  readonly pods: readonly string[];
  /** And of their shards: the same, but where a pod is a gateway itself. */
  readonly shards: readonly string[];
  close(): Promise<void>;
}

export type Variables = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** What a program can branch on. */
export interface Refusal {
  readonly code: unknown;
  readonly argument: unknown;
}

export interface RecordInput {
  readonly key: string;
  readonly vector: unknown;
  readonly metadata?: unknown;
}

export interface SearchResult {
  readonly matches: readonly Match[];
  readonly hasMore: boolean;
  readonly metric: string;
  readonly profile: readonly { readonly pod: string; readonly plan: string }[];
}

export interface Match {
  readonly distance: number;
  readonly score: number;
  readonly record: { readonly key: string };
}

export const searchDocument = /* GraphQL */ `
  query (
    $collection: String!
    $bucket: String
    $near: VectorNear!
    $k: Int
    $offset: Int
    $filter: VectorFilter
    $maxDistance: Float
    $options: VectorSearchOptions
  ) {
    searchVectors(
      collection: $collection
      bucket: $bucket
      near: $near
      k: $k
      offset: $offset
      filter: $filter
      maxDistance: $maxDistance
      options: $options
    ) {
      hasMore
      metric
      matches {
        distance
        score
        record {
          key
        }
      }
      profile {
        pod
        plan
      }
    }
  }
`;

export const upsertDocument = /* GraphQL */ `
  mutation ($collection: String!, $bucket: String, $records: [VectorRecordInput!]!) {
    upsertVectors(collection: $collection, bucket: $bucket, records: $records) {
      upsertedCount
    }
  }
`;

export const createDocument = /* GraphQL */ `
  mutation ($input: CreateVectorCollectionInput!) {
    createVectorCollection(input: $input) {
      created
      collection {
        bucket
        name
        dimension
        metric
        elementType
      }
    }
  }
`;

/** The sentences that the suites are made of. `$bucket` is always the subject's own bucket. */
export function speakTo(subject: () => Subject) {
  const execute = (query: string, variables: Variables = {}): Promise<Answer> =>
    subject().execute(query, { bucket: subject().bucket, ...variables });

  /** The data of an answer without errors. */
  async function ask<T>(query: string, variables?: Variables): Promise<T> {
    const { data, errors } = await execute(query, variables);
    expect(errors ?? []).toEqual([]);
    return data as T;
  }

  /** The code and the argument of the one error, which made the one root field null. */
  async function refusalOf(query: string, variables?: Variables): Promise<Refusal> {
    const { data, errors = [] } = await execute(query, variables);
    expect({ values: Object.values(data ?? {}), errors }).toEqual({
      values: [null],
      errors: [expect.objectContaining({ message: expect.stringMatching(/\S/) })],
    });
    const { code, argument } = errors[0]?.extensions ?? {};
    return { code, argument };
  }

  async function upsert(collection: string, records: readonly RecordInput[]): Promise<void> {
    await ask(upsertDocument, { collection, records });
  }

  /** A collection of its own for one test: of 4 dimensions and L2, unless `spec` says otherwise. */
  async function newCollection(
    records: readonly RecordInput[] = [],
    spec: Variables & { readonly name?: string } = {},
  ): Promise<string> {
    const { bucket } = subject();
    const input = { name: freshName(), bucket, dimension: 4, metric: 'L2', ...spec };
    await ask(createDocument, { input });
    if (records.length > 0) await upsert(input.name, records);
    return input.name;
  }

  async function search(collection: string, args: Variables): Promise<SearchResult> {
    const answer = await ask<{ searchVectors: SearchResult }>(searchDocument, {
      collection,
      ...args,
    });
    return answer.searchVectors;
  }

  async function nearest(collection: string, args: Variables): Promise<readonly string[]> {
    return keysOf(await search(collection, args));
  }

  async function count(collection: string, filter?: unknown): Promise<number> {
    const { countVectors } = await ask<{ countVectors: number }>(
      /* GraphQL */ `
        query ($collection: String!, $bucket: String, $filter: VectorFilter) {
          countVectors(collection: $collection, bucket: $bucket, filter: $filter)
        }
      `,
      { collection, filter },
    );
    return countVectors;
  }

  return { execute, ask, refusalOf, upsert, newCollection, search, nearest, count };
}

export const freshName = (prefix = 'c'): string => `${prefix}_${randomUUID().slice(0, 8)}`;

export const keysOf = (result: SearchResult): readonly string[] =>
  result.matches.map((match) => match.record.key);

/** In the order of `collate "C"`. */
export const byBytes = (keys: readonly string[]): string[] =>
  keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** `n` records, [1, 0, 0, 0] to [n, 0, 0, 0], with keys and metadata that say which. */
export const row = (n: number): RecordInput[] =>
  Array.from({ length: n }, (_, i) => ({
    key: String(i + 1),
    vector: [i + 1, 0, 0, 0],
    metadata: { n: i + 1 },
  }));

/** `n` records spread over a cube, the same in every run and without equal distances. */
export function scattered(
  n: number,
  dimension: number,
): (RecordInput & { readonly vector: readonly number[] })[] {
  let seed = 42;
  const next = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return Math.fround((seed / 2_147_483_647) * 4 - 2);
  };
  return Array.from({ length: n }, (_, i) => ({
    key: `r${i}`,
    vector: Array.from({ length: dimension }, next),
  }));
}

export const base64 = (numbers: readonly number[]): string =>
  Buffer.from(Float32Array.from(numbers).buffer).toString('base64');

/** Keys of one to four bytes a character, whose order by bytes is not that of UTF-16 units. */
export const unicodeKeys = [
  'Z',
  'a',
  'aa',
  'é',
  '日本',
  '\uFFFD',
  '😀',
  '😀a',
  '10',
  '9',
  ' ',
  '~',
];
