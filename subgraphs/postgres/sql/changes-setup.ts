import type { Statement } from '../database.ts';

/**
 * What counts the writes of tables, and the triggers on the collections that were there before.
 * Each transaction that writes leaves a row of its own: to update one, writers would wait for each
 * other. The functions that write here are everybody's, by the rights of whoever made them.
 *
 * The second trigger is for logical replication, which fires no triggers of statements; in ordinary
 * sessions it costs nothing.
 */
export const createChangesStatement: Statement = {
  text: `
    create table quiver.changes (
      relation oid,
      transaction xid8,
      count bigint not null default 1,
      primary key (relation, transaction)
    );
    grant select on quiver.changes to public;

    create function quiver.count_change() returns trigger
      language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
    begin
      insert into quiver.changes (relation, transaction) values (tg_relid, pg_current_xact_id())
      on conflict do nothing;
      return null;
    end $body$;

    -- Many rows as one, in one statement: whoever reads sees either. Rows of others who compact too
    -- are left to them.
    create function quiver.compact_changes(watched oid) returns void
      language sql security definer set search_path = pg_catalog, pg_temp as $body$
      with gone as (
        delete from quiver.changes where ctid = any (array(
          select ctid from quiver.changes where relation = watched limit 10000
          for update skip locked))
        returning count
      )
      insert into quiver.changes (relation, transaction, count)
      select watched, pg_current_xact_id(), sum(count) from gone having count(*) > 0
    $body$;

    create function quiver.watch(watched regclass) returns void
      language plpgsql set search_path = pg_catalog, pg_temp as $body$
    declare
      wanted record;
      standing "char";
    begin
      for wanted in select * from (values
        ('quiver_changes', 'A', 'always', 'statement', ' or truncate'),
        ('quiver_changes_replicated', 'R', 'replica', 'row', '')
      ) t (name, enabled, mode, level, also) loop
        select tgenabled into standing from pg_trigger where tgrelid = watched and tgname = wanted.name;
        continue when standing = wanted.enabled;
        if standing is null then
          execute format('create trigger %s after insert or update or delete%s on %s
            for each %s execute function quiver.count_change()',
            wanted.name, wanted.also, watched, wanted.level);
        end if;
        execute format('alter table only %s enable %s trigger %s', watched, wanted.mode, wanted.name);
      end loop;
    end $body$;

    create function quiver.unwatch(watched regclass) returns void
      language plpgsql set search_path = pg_catalog, pg_temp as $body$
    begin
      execute format('drop trigger if exists quiver_changes on %s', watched);
      execute format('drop trigger if exists quiver_changes_replicated on %s', watched);
    end $body$;

    -- A table that is in use, or not ours to change, goes without: nobody waits for it.
    do $body$
    declare
      there regclass;
    begin
      for there in
        select to_regclass(format('%I.%I', bucket, collection)) from quiver.placement
        where state <> 'dropped'
      loop
        continue when there is null;
        begin
          execute format('lock table only %s in share row exclusive mode nowait', there);
          perform quiver.watch(there);
        exception when lock_not_available or insufficient_privilege then
          raise warning 'quiver does not count the writes of %', there;
        end;
      end loop;
    end $body$;`,
  values: [],
};

/** What tables that are gone have left. Whoever is creating one still keeps its rows to himself. */
export const forgetGoneStatement: Statement = {
  text: `
    delete from quiver.changes n where not exists (select from pg_class c where c.oid = n.relation)`,
  values: [],
};
