import type { Catalogue } from '../catalogue.ts';
import type { Statement } from '../database.ts';
import { createParameters } from './parameters.ts';
import { collectionsText } from './placements.ts';

/** Held to the end of the transaction: one process at a time prepares a database. */
export const setupLockStatement: Statement = {
  text: `select pg_advisory_xact_lock(hashtextextended('quiver', 0))`,
  values: [],
};

/**
 * One row: what is there already, and what the role may do. Read from the catalog, which also
 * answers a role that may not even look into a schema.
 */
export const presenceStatement: Statement = {
  text: `
    with ours as (
      select c.oid, c.relname, c.relowner from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'quiver' and c.relname in ('placement', 'bucket', 'pod', 'changes')
    )
    select (select count(*) from ours where relname <> 'changes') = 3 as ready,
      exists (select from ours join pg_attribute on attrelid = oid
        where relname = 'placement' and attname = 'ended') as current,
      exists (select from ours where relname = 'placement' and pg_has_role(relowner, 'usage')
        and not current_setting('transaction_read_only')::boolean) as "canExtendPlacement",
      exists (select from ours where relname = 'placement' and has_table_privilege(oid, 'insert')
        and not current_setting('transaction_read_only')::boolean) as "canPlace",
      exists (select from ours where relname = 'changes') as counting,
      exists (select from ours where relname = 'changes' and has_table_privilege(oid, 'delete'))
        as "canForget",
      coalesce(has_schema_privilege(to_regnamespace('quiver'), 'create'), true) as "canExtend",
      has_database_privilege(current_database(), 'create')
        and not current_setting('transaction_read_only')::boolean as "canCreate",
      (select string_agg(relname, ', ' order by relname) from ours
        where not has_schema_privilege('quiver', 'usage')
          or not has_table_privilege(oid, 'select')) as unreadable,
      quote_ident(current_user) as role, current_setting('server_encoding') as encoding,
      e.extversion as "extensionVersion", n.nspname as "vectorSchema", t.oid::int as "vectorOid",
      coalesce(nullif(current_setting('hnsw.ef_search', true), ''), '40')::int as "efSearch"
    from (select) one
      left join pg_extension e on e.extname = 'vector'
      left join pg_namespace n on n.oid = e.extnamespace
      left join pg_type t on t.typnamespace = n.oid and t.typname = 'vector'`,
  values: [],
};

/**
 * What placements of older versions lack. Whoever waits for this lock has others wait behind him, all
 * their searches too: so never for long, and in the pauses they go on.
 */
export const extendPlacementStatement: Statement = {
  text: `do $$
    declare
      before text := current_setting('lock_timeout');
    begin
      set local lock_timeout = '100ms';
      for attempt in 1..20 loop
        begin
          alter table quiver.placement
            add column if not exists above jsonb, add column if not exists ended uuid[];
          perform set_config('lock_timeout', before, true);
          return;
        exception when lock_not_available then
          if attempt = 20 then raise; end if;
          perform pg_sleep(0.1);
        end;
      end loop;
    end $$`,
  values: [],
};

export const createExtensionStatement: Statement = { text: 'create extension vector', values: [] };

/**
 * Several statements in one text: they go in one trip and have no parameters. Everybody may read
 * what they make: it holds names, which the catalog shows everybody, and placements, without which
 * a role that may read a collection could not be served.
 */
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
      above jsonb,
      ended uuid[],
      dimension int not null,
      metric text not null,
      element_type text not null,
      non_filterable_keys text[] not null,
      created_at timestamptz not null default now(),
      primary key (bucket, collection)
    );
    grant usage on schema quiver to public;
    grant select on quiver.pod, quiver.bucket, quiver.placement to public;
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

export function podStatement(catalogue: Catalogue): Statement {
  const parameters = createParameters();
  return {
    text: `
      select current_setting('server_version') as postgres,
        (select extversion from pg_extension where extname = 'vector') as pgvector,
        (select count(*) from (${collectionsText(catalogue, parameters)}) c
          where c.state = 'active' and c.problem is null) as "collectionCount"`,
    values: parameters.values,
  };
}
