import { defaultLimits, type Limits } from '../schema/limits.ts';
import { metrics, type Metric } from '../schema/metric.ts';
import type { EndpointOptions } from '../subgraphs/embedders/endpoint-options.ts';
import { cacheSchema, redisSchema, type CacheEntries } from './config-cache.ts';
import {
  databaseName,
  databaseUrl,
  httpUrl,
  integer,
  name,
  oneOf,
  origin,
  record,
  text,
} from './config-values.ts';
import type { CorsOptions } from './cors.ts';

/** A file that the schema accepts, with its defaults filled in. */
export interface ConfigFile extends CacheEntries {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** A gateway must have some; a pod has no use for them. */
  readonly pods?: readonly PodEntry[];
  readonly subgraphs: readonly { readonly name: string; readonly url: string }[];
  readonly subgraphPollMs: number;
  readonly collectionsFolder?: string;
  readonly cors?: CorsOptions;
  readonly limits: Limits;
  readonly minCoverage: number;
  readonly timeoutMs?: number;
  readonly logLevel: string;
  readonly embedder?: string;
  readonly embedders: readonly EmbedderEntry[];
  readonly collections: readonly CollectionEntry[];
}

/** An OpenAI-compatible endpoint. */
export interface EmbedderEntry extends Omit<EndpointOptions, 'key'> {
  readonly key?: string;
}

/** What Quiver cannot read from the databases about a collection. */
export interface CollectionEntry {
  readonly name: string;
  readonly bucket: string;
  readonly pods?: readonly string[];
  readonly embedder?: string;
  readonly metric?: Metric;
  readonly table?: string;
  readonly id: string;
  readonly vector: string;
  readonly metadata?: string;
  readonly columns: readonly string[];
}

/** Exactly one of the three says where the pod is. */
export interface PodEntry {
  readonly name: string;
  readonly url?: string;
  readonly database?: string;
  readonly embedded?: string;
}

/** How often other teams' subgraphs are asked for their schemas. */
export const defaultPollMs = 10_000;

/** The JSON Schema of the configuration file. `quiver.schema.json` is this, for editors. */
export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Quiver configuration',
  ...record({
    name: { ...name, default: 'quiver', description: 'What this gateway calls itself.' },
    host: { ...text, default: '127.0.0.1' },
    port: { type: 'integer', minimum: 0, maximum: 65_535, default: 4_000 },
    pods: {
      type: 'array',
      minItems: 1,
      maxItems: 1_024,
      description: 'Each has exactly one of url, database and embedded.',
      items: {
        ...record(
          {
            name,
            url: {
              ...httpUrl,
              description:
                "The URL of a pod's subgraph, ending in /graphql; of another gateway, in /subgraph.",
            },
            database: { ...databaseUrl, description: 'A Postgres URL, served in this process.' },
            embedded: {
              ...text,
              description: 'A folder for a database of our own, kept by a process of its own.',
            },
          },
          ['name'],
        ),
        ...oneOf('url', 'database', 'embedded'),
      },
    },
    subgraphs: {
      type: 'array',
      default: [],
      description: "Other teams' subgraphs, composed into the supergraph.",
      items: record({ name, url: httpUrl }, ['name', 'url']),
    },
    subgraphPollMs: {
      ...integer(100, 3_600_000, defaultPollMs),
      description: 'How often subgraphs are asked for their schemas, and files looked at unasked.',
    },
    collectionsFolder: {
      ...text,
      description: 'Of typed collections; schema/collections beside this file, if it is there.',
    },
    cache: cacheSchema,
    redis: redisSchema,
    cors: {
      description: 'The pages of other sites that may read what the gateway answers.',
      ...record(
        {
          origins: { type: 'array', minItems: 1, uniqueItems: true, items: origin },
          credentials: {
            type: 'boolean',
            default: false,
            description: 'Whether browsers may send cookies along.',
          },
          maxAgeSeconds: integer(0, 86_400, 600),
        },
        ['origins'],
      ),
    },
    limits: limitsSchema(defaultLimits),
    minCoverage: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0,
      description: 'The share of the shards that must take part in a search.',
    },
    timeoutMs: {
      type: 'integer',
      minimum: 1,
      maximum: defaultLimits.timeoutMsMax,
      description: 'How long an operation may take that does not say so itself.',
    },
    logLevel: { enum: ['error', 'warn', 'info', 'debug', 'silent'], default: 'info' },
    embedder: {
      type: 'string',
      description: 'For collections without one of their own: hash (lexical) or a name below.',
    },
    embedders: {
      type: 'array',
      default: [],
      description: 'OpenAI-compatible endpoints that turn texts into vectors.',
      items: record(
        {
          name,
          url: { ...httpUrl, description: 'Up to, and without, /embeddings.' },
          model: text,
          dimension: { type: 'integer', minimum: 1, maximum: defaultLimits.dimensionMax },
          key: {
            type: 'string',
            pattern: '^[!-~]*$',
            patternErrorMessage: 'must be of characters that a header can carry',
            description: 'Best as ${NAME}, from the environment.',
          },
          encoding: { enum: ['base64', 'float'], default: 'base64' },
          sendDimension: {
            type: 'boolean',
            default: false,
            description: 'Ask the model to make its vectors as short as dimension says.',
          },
          batchTextsMax: integer(1, 2_048, 128),
          batchCharactersMax: integer(1, 1_000_000, 100_000),
          concurrencyMax: integer(1, 64, 4),
          waitingMax: integer(0, 10_000, 256),
          timeoutMs: integer(1, 120_000, 10_000),
        },
        ['name', 'url', 'model', 'dimension'],
      ),
    },
    collections: {
      type: 'array',
      default: [],
      description: 'What the databases do not say: embedders, and tables of any other shape.',
      items: record(
        {
          name: databaseName,
          bucket: { ...databaseName, default: 'vecs' },
          pods: { type: 'array', minItems: 1, uniqueItems: true, items: name },
          embedder: { type: 'string' },
          metric: { enum: metrics },
          table: {
            type: 'string',
            pattern: '^[^.]+\\.[^.]+$',
            patternErrorMessage: 'must be schema.table',
            description: 'schema.table, for a table that is not as vecs makes them.',
          },
          id: { ...databaseName, default: 'id' },
          vector: { ...databaseName, default: 'vec' },
          metadata: { ...databaseName, description: 'A column of type jsonb.' },
          columns: {
            type: 'array',
            default: [],
            uniqueItems: true,
            items: databaseName,
            description: 'Plain columns that are metadata too.',
          },
        },
        ['name'],
      ),
    },
  }),
};

/** Any limit can be overridden; those of a kind are grouped. */
function limitsSchema(limits: object): object {
  const properties = Object.entries(limits).map(([limit, value]: [string, unknown]) => [
    limit,
    typeof value === 'object' && value !== null
      ? limitsSchema(value)
      : { type: 'integer', minimum: 1, default: value },
  ]);
  return { ...record(Object.fromEntries(properties) as object), default: {} };
}
