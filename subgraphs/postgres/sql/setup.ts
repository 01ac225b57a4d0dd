import type { Statement } from '../database.ts';

/** Held to the end of the transaction: one process at a time prepares a database. */
export const setupLockStatement: Statement = {
  text: `select pg_advisory_xact_lock(hashtextextended('quiver', 0))`,
  values: [],
};

/** One row: what is there already. `ready` spares a restricted role every `create`. */
export const presenceStatement: Statement = {
  text: `
    select to_regclass('quiver.placement') is not null
       and to_regclass('quiver.bucket') is not null
       and to_regclass('quiver.pod') is not null as ready,
      (select extversion from pg_extension where extname = 'vector') as "extensionVersion",
      to_regtype('vector')::oid::int as "vectorOid"`,
  values: [],
};

export const createExtensionStatement: Statement = { text: 'create extension vector', values: [] };

/** Several statements in one text: they go in one trip and have no parameters. */
export const createTablesStatement: Statement = {
  text: `
    create schema if not exists quiver;
    create table if not exists quiver.pod (
      name text not null,
      only_row boolean primary key default true check (only_row)
    );
    create table if not exists quiver.bucket (
      name text collate "C" primary key,
      created_at timestamptz not null default now()
    );
    create table if not exists quiver.placement (
      bucket text collate "C",
      collection text collate "C",
      uid uuid not null,
      version bigint not null,
      state text not null check (state in ('creating', 'active', 'dropped')),
      slots jsonb not null,
      dimension int not null,
      metric text not null,
      element_type text not null,
      non_filterable_keys text[] not null,
      created_at timestamptz not null default now(),
      primary key (bucket, collection)
    );
    create schema if not exists vecs;
    insert into quiver.bucket (name) values ('vecs') on conflict do nothing;`,
  values: [],
};

/** One row: the name that the database has now, which is the given one if it had none. */
export const bindPodStatement = (pod: string): Statement => ({
  text: `
    with bound as (insert into quiver.pod (name) values ($1) on conflict do nothing returning name)
    select name from bound union all select name from quiver.pod`,
  values: [pod],
});

/** Only where the table is there. */
export const podNameStatement: Statement = { text: 'select name from quiver.pod', values: [] };

export const podStatement: Statement = {
  text: `
    select current_setting('server_version') as postgres,
      (select extversion from pg_extension where extname = 'vector') as pgvector,
      (select count(*) from quiver.placement where state = 'active') as "collectionCount"`,
  values: [],
};
