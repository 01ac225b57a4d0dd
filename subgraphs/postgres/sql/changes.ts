import type { CollectionRef } from '../../store.ts';
import { settingOf, type Catalogue } from '../catalogue.ts';
import type { Statement } from '../database.ts';
import { tableOf } from './identifier.ts';
import { placementsText } from './placements.ts';

/**
 * A query for one text with a table's incarnation, count and number of rows in quiver.changes, or
 * no row: nobody counts. `relation` is the table's name, which the statement itself looks up, so
 * that incarnation, count and records are of one snapshot.
 *
 * The incarnation is another one whenever a count could say less than it seems to: for another
 * table of the name, after the trigger was off, after the table was rewritten (`alter table`), and
 * in another database or server, such as a replica that was promoted or a backup. Tables that
 * inherit are not counted: what is written through one of them fires only the triggers of that one.
 * Unlogged ones lose their rows in a crash, and no trigger tells.
 */
export const changeText = (relation: string): string => `
  select incarnation || ' ' || (select ${countsText} from quiver.changes n where n.relation = oid)
  from (${incarnationsText}) i where oid = to_regclass(${relation})`;

/** One row a collection, in their order: its table's name, and its change as `changeText` has it. */
export function changesStatement(catalogue: Catalogue, refs: readonly CollectionRef[]): Statement {
  const mapped = refs.map((ref) => {
    const mapping = settingOf(catalogue, ref)?.mapping;
    return mapping ? tableOf({ bucket: mapping.schema, collection: mapping.table }) : null;
  });
  return {
    // Each table is looked up once, and all rows in one go: 100 collections take no 100 scans.
    text: `
      with named as (
        select place, case
          when mapped is null then own
          -- What is placed hides a table of its name.
          when exists (select from ${placementsText(catalogue)} p
            where p.bucket = r.bucket and p.collection = r.collection and p.state <> 'dropped')
            then own
          else mapped
        end as name
        -- In queries of their own: the planner, which would count them, then keeps its plan.
        from unnest(
            (select $1::text[]), (select $2::text[]), (select $3::text[]), (select $4::text[]))
          with ordinality as r (bucket, collection, own, mapped, place)
      ), wanted as materialized (
        select place, name, to_regclass(name)::oid as relation from named
      ), counted as materialized (
        select n.relation, ${countsText} as counts from quiver.changes n
        where n.relation = any (array(select relation from wanted)) group by n.relation
      )
      select w.name, i.incarnation || ' ' || coalesce(n.counts, '0 0') as change
      from wanted w
        left join (${incarnationsText}) i on i.oid = w.relation
        left join counted n on n.relation = w.relation
      order by w.place`,
    values: [
      refs.map(({ bucket }) => bucket),
      refs.map(({ collection }) => collection),
      refs.map(tableOf),
      mapped,
    ],
    reused: true,
  };
}

/** One row: the change of a table, as `changeText` has it, or null. */
export const changeStatement = (name: string): Statement => ({
  text: `select (${changeText('$1')}) as change`,
  values: [name],
});

export const compactStatement = (name: string): Statement => ({
  text: 'select quiver.compact_changes(to_regclass($1))',
  values: [name],
});

/** Puts the triggers on a table, or turns them on again. What stands is left as it is. */
export const watchStatement = (name: string): Statement => ({
  text: 'select quiver.watch($1::text::regclass)',
  values: [name],
});

export const unwatchStatement = (name: string): Statement => ({
  text: 'select quiver.unwatch($1::text::regclass)',
  values: [name],
});

/** The tables that are counted. */
const incarnationsText = `
  select c.oid, concat_ws('.', g.oid, g.xmin, c.xmin,
    (select oid from pg_database where datname = current_database()),
    extract(epoch from pg_postmaster_start_time())) as incarnation
  from pg_class c
    join pg_trigger g on g.tgrelid = c.oid and g.tgname = 'quiver_changes' and g.tgenabled = 'A'
  where c.relpersistence = 'p'
    and not exists (select from pg_inherits where inhrelid = c.oid)
    and not exists (select from pg_inherits where inhparent = c.oid)`;

const countsText = `coalesce(sum(n.count), 0) || ' ' || count(*)`;
