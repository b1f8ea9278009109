// What a database is made of, as its own engine tells it: to compare two of the same engine.
import type { TestDatabase } from './database.js';
import type { Row } from './engines/connection.js';

/** Each table's columns in their order, keys, indexes and foreign keys; all of it in plain words. */
export type Structure = Readonly<Record<string, readonly string[]>>;

export async function structureOf(db: TestDatabase): Promise<Structure> {
  const statements = db.engine === 'sqlite' ? sqlite : db.engine === 'postgres' ? postgres : mysql;
  const tables: Record<string, string[]> = {};
  for (const statement of statements) {
    for (const { tbl, ...row } of await db.query(statement)) (tables[String(tbl)] ??= []).push(words(row));
  }
  return tables;
}

/** The foreign keys alone, in words that engines have in common: SQLite knows no names, and InnoDB's RESTRICT is what others call NO ACTION. */
export function referencesOf(structure: Structure): string[] {
  const plain = (part: string): string => part.replace(/ name=\S+/, '').replace('=RESTRICT', '=NO ACTION');
  return Object.entries(structure)
    .flatMap(([table, parts]) => parts.filter(isReference).map((part) => `${table} ${plain(part)}`))
    .sort();
}

export function withoutReferences(structure: Structure): Structure {
  const others = (parts: readonly string[]): string[] => parts.filter((part) => !isReference(part));
  return Object.fromEntries(Object.entries(structure).map(([table, parts]) => [table, others(parts)]));
}

function isReference(part: string): boolean {
  return part.startsWith('reference ');
}

function words({ part, ...row }: Row): string {
  const facts = Object.entries(row).map(([fact, value]) => `${fact}=${String(value)}`);
  return [String(part), ...facts].join(' ');
}

/**
 * The names of constraints are left out: SQLite has them only in the text of the statement, and uses them nowhere. A
 * table "sqlite_sequence" would show that ids are counted in another way (AUTOINCREMENT).
 */
const sqlite = [
  `select m.name as tbl, 'column' as part, c.name as name, c.type as type, c."notnull" as required, c.dflt_value as "default", c.pk as pk
   from sqlite_master m, pragma_table_xinfo(m.name) c where m.type = 'table' order by m.name, c.cid`,
  `select m.name as tbl, 'index' as part, i.name as name, i."unique" as isUnique, i.partial as partial,
     (select group_concat(x.name || x.desc || x.coll) from (select * from pragma_index_xinfo(i.name) where key order by seqno) x) as columns
   from sqlite_master m, pragma_index_list(m.name) i where m.type = 'table' order by m.name, i.name`,
  `select m.name as tbl, 'reference' as part, f."from" as column, f."table" as parent, f."to" as key, f.on_delete as onDelete, f.on_update as onUpdate
   from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table' order by m.name, f."from"`,
];

const postgres = [
  `select c.relname as tbl, 'column' as part, a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
     pg_get_expr(d.adbin, d.adrelid) as default, a.attidentity as identity, pg_get_serial_sequence(c.relname, a.attname) as sequence
   from pg_class c join pg_attribute a on a.attrelid = c.oid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
   where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped order by c.relname, a.attnum`,
  `select c.relname as tbl, 'sequence' as part, format_type(s.seqtypid, null) as type, s.seqstart as start, s.seqmax as max
   from pg_class c join pg_sequence s on s.seqrelid = c.oid where c.relnamespace = 'public'::regnamespace order by c.relname`,
  `select c.relname as tbl, 'index' as part, pg_get_indexdef(i.indexrelid) as definition
   from pg_class c join pg_index i on i.indrelid = c.oid where c.relnamespace = 'public'::regnamespace order by c.relname, 3`,
  `select c.relname as tbl, case k.contype when 'f' then 'reference' else 'key' end as part, k.conname as name, pg_get_constraintdef(k.oid) as definition
   from pg_class c join pg_constraint k on k.conrelid = c.oid where c.relnamespace = 'public'::regnamespace order by c.relname, k.conname`,
];

/** Mere rendering: InnoDB numbers the foreign keys that have no name, in the order in which they come. */
const mysql = [
  `select table_name as tbl, 'table' as part, engine, table_collation as collation from information_schema.tables where table_schema = database() order by 1`,
  `select table_name as tbl, 'column' as part, column_name as name, column_type as type, is_nullable as nullable, column_default as byDefault, extra, collation_name as collation
   from information_schema.columns where table_schema = database() order by table_name, ordinal_position`,
  `select table_name as tbl, 'index' as part, index_name as name, non_unique as isShared, group_concat(column_name, coalesce(concat('/', sub_part), '') order by seq_in_index) as columns
   from information_schema.statistics where table_schema = database() group by table_name, index_name, non_unique order by 1, 3`,
  `select k.table_name as tbl, 'reference' as part, if(k.constraint_name like '%_ibfk_%', 'numbered', k.constraint_name) as name, k.column_name as \`column\`, k.referenced_table_name as parent,
     k.referenced_column_name as \`key\`, r.delete_rule as onDelete, r.update_rule as onUpdate
   from information_schema.key_column_usage k join information_schema.referential_constraints r
     on r.constraint_schema = k.constraint_schema and r.constraint_name = k.constraint_name and r.table_name = k.table_name
   where k.table_schema = database() order by k.table_name, k.column_name`,
];
