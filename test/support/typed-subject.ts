import { graphql, type GraphQLFormattedError } from 'graphql';
import { createShardedStore } from '../../gateway/sharded-store.ts';
import { defaultLimits } from '../../schema/limits.ts';
import type { TypedCollections } from '../../schema/typed/model.ts';
import { openDatabase } from '../../subgraphs/postgres/pool.ts';
import { openPostgresStore } from '../../subgraphs/postgres/postgres-store.ts';
import type { NewRecord, VectorStore } from '../../subgraphs/store.ts';
import {
  buildVectorsSchema,
  createVectorsContext,
  type VectorsService,
} from '../../subgraphs/vectors.ts';
import { freshBucket, testDatabases } from './databases.ts';
import { during, silent, specIn } from './store-calls.ts';
import { podNames, serviceOver } from './subjects.ts';
import { typedOf } from './typed.ts';

export interface TypedAnswer {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly GraphQLFormattedError[];
}

/** Typed collections over three databases. */
export interface TypedSubject {
  readonly bucket: string;
  readonly typed: TypedCollections;
  readonly service: VectorsService;
  /** The statements that were sent to each pod since the last call of this. */
  statements(): Readonly<Record<string, number>>;
  upsert(collection: string, records: readonly NewRecord[]): Promise<void>;
  /** Ask the subgraph, executed in this process. */
  execute(source: string, variables?: Readonly<Record<string, unknown>>): Promise<TypedAnswer>;
  close(): Promise<void>;
}

export async function openTyped(sdlIn: (bucket: string) => string): Promise<TypedSubject> {
  const bucket = freshBucket();
  const typed = typedOf(sdlIn(bucket));
  const counts = new Map<string, number>();
  const pods = await openCountedPods((pod) => counts.set(pod, (counts.get(pod) ?? 0) + 1));
  const store = createShardedStore({ pods, logger: silent });
  await createAll(store, bucket, typed);

  const schema = buildVectorsSchema(typed);
  const service = serviceOver(store);
  return {
    bucket,
    typed,
    service,
    statements() {
      const seen = Object.fromEntries(counts);
      counts.clear();
      return seen;
    },
    async upsert(collection, records) {
      await during((call) => store.upsert({ bucket, collection, records, version: null }, call));
    },
    execute: (source, variableValues = {}) =>
      during(async (call) => {
        const contextValue = createVectorsContext(service, call);
        const answer = await graphql({ schema, source, variableValues, contextValue });
        const { data = null, errors = [] } = answer;
        // As a client would see it: graphql-js makes objects without a prototype.
        return JSON.parse(JSON.stringify({ data, errors })) as TypedAnswer;
      }),
    async close() {
      await dropAll(store, bucket, typed);
      await store.close();
    },
  };
}

const openCountedPods = (onStatement: (pod: string) => void) =>
  Promise.all(
    testDatabases().map(async (options, i) => {
      const pod = podNames[i]!;
      const database = openDatabase({ ...options, pod, logger: silent });
      const counted: typeof database = {
        ...database,
        query(statement, call) {
          onStatement(pod);
          return database.query(statement, call);
        },
      };
      const shared = { pod, limits: defaultLimits, logger: silent };
      const store = await openPostgresStore({ ...shared, database: counted });
      return { name: pod, store };
    }),
  );

async function createAll(
  store: VectorStore,
  bucket: string,
  { collections }: TypedCollections,
): Promise<void> {
  await during((call) => store.createBucket(bucket, call));
  for (const { collection, dimension, metric } of collections) {
    const spec = specIn(bucket, collection, { dimension, metric: metric ?? 'COSINE' });
    await during((call) => store.createCollection(spec, null, call));
  }
}

async function dropAll(
  store: VectorStore,
  bucket: string,
  { collections }: TypedCollections,
): Promise<void> {
  for (const { collection } of collections) {
    await during((call) => store.deleteCollection({ bucket, collection }, null, call));
  }
  await during((call) => store.deleteBucket(bucket, call));
}
