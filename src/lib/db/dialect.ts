import type { Knex } from 'knex';
import type { OpenOptions, Transaction } from './connect.js';
import type { MissingIndex } from '../model/missing-index.js';
import type { Location } from './url.js';

/** All that differs between the engines, each with its reason. */
export interface Dialect {
  readonly engine: Location['engine'];
  /** `PostgreSQL 15.18` */
  readonly server: string;
  /** The database's clock, epoch seconds: masters and bbctl may have other ideas of the time. */
  now(sql: Knex): Promise<number>;
  /** The same as an expression, for a statement that reads something else. */
  readonly nowSql: string;
  /** Can it tell whoever listens, at the commit? */
  readonly notifies: boolean;
  /** Are rows deleted by a subquery found by an index? MySQL looks at all of the table, row by row. */
  readonly deletesBySubquery: boolean;
  /** Do changes lock rows, so that a large one keeps nobody waiting? Else the whole database is locked, or tables. */
  readonly locksRows: boolean;
  /** A column of text as what is compared and ordered byte by byte, whatever its collation. */
  readonly exactText: string;
  /** Does `=` take `A` for `a`, and `a ` for `a`? */
  readonly foldsText: boolean;
  /** The function that finds a text in another one. */
  readonly positionIn: string;
  /** Does NULL come before everything else? */
  readonly nullsFirst: boolean;
  /** References whose rows the database itself deletes with the row that they name by its `id`. */
  cascades(sql: Knex): Promise<Reference[]>;
  /** Table → columns. */
  columns(sql: Knex): Promise<Map<string, Set<string>>>;
  /** Tables without transactions. */
  tablesWithoutTransactions(sql: Knex): Promise<string[]>;
  /** Bytes of the whole database and of its largest tables, the largest first. */
  size(sql: Knex): Promise<Size>;
  /** Where the tables are, if not in the database itself. */
  namespace(sql: Knex): Promise<Namespace | null>;
  /** Of a query or deletion only the rows with these values; a thousand of them should cost one parameter. */
  among<Q extends Knex.QueryBuilder>(query: Q, column: string, values: readonly number[]): Q;
  /** Locks the rows that a query selects until the transaction ends, so that a heartbeat waits. */
  locking<Q extends Knex.QueryBuilder>(query: Q): Q;
  /** The same for rows that are to be deleted: nobody can begin to refer to them either. */
  lockingToDelete<Q extends Knex.QueryBuilder>(query: Q): Q;
  /** Rows of a table, to be selected by their ids alone, that nobody else has locked, and locks them; where that is not known, all of them, unlocked. */
  lockFree(sql: Knex, table: string): Knex.QueryBuilder;
  /** References to rows of history that each deletion of one goes through a whole table for, the largest first. */
  missingIndexes(sql: Knex): Promise<MissingIndex[]>;
  /** In this transaction tables may be scanned: a foreign key without an index leaves no other way. */
  allowScans(sql: Knex): Promise<void>;
  /** Ids for new rows of a table, which nobody else is given. */
  newIds(tx: Transaction, table: string, count: number): Promise<number[]>;
  /** Rows with ids up to this one are inserted: nobody may be given them later. */
  raiseIds(tx: Transaction, table: string, upTo: number): Promise<void>;
  /** Runs `work` so that nobody else writes `tables` in a way that `work` does not see. */
  exclusively<T>(tx: Transaction, tables: readonly string[], work: () => Promise<T>): Promise<T>;
}

/** A column that names rows of another table. */
export interface Reference {
  readonly table: string;
  readonly column: string;
  readonly parent: string;
}

/** What PostgreSQL calls a schema. */
export interface Namespace {
  readonly schema: string;
  /** Table → the sequence of its ids. */
  readonly sequences: ReadonlyMap<string, string>;
}

export interface Size {
  readonly size: number;
  readonly tables: readonly { readonly name: string; readonly bytes: number }[];
}

export async function dialectOf(engine: Location['engine'], sql: Knex, options: OpenOptions): Promise<Dialect> {
  if (engine === 'sqlite') return sqlite(await sqliteVersion(sql));
  if (engine === 'postgres') return postgres(await postgresVersion(sql));
  return mysql(sql, options);
}

function clock(nowSql: string): Pick<Dialect, 'now' | 'nowSql'> {
  return { nowSql, now: async (sql) => Number((await first(sql, `select ${nowSql} as now`))['now']) };
}

async function first(sql: Knex, statement: string): Promise<Record<string, unknown>> {
  const result: unknown = await sql.raw(statement);
  return rowsOf(result)[0] ?? {};
}

/** Each driver wraps the rows of a raw statement in its own way. */
export function rowsOf(result: unknown): Record<string, unknown>[] {
  if (Array.isArray(result)) return (Array.isArray(result[0]) ? result[0] : result) as Record<string, unknown>[];
  return (result as { rows: Record<string, unknown>[] }).rows;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(value);
}

async function columnsBy(sql: Knex, statement: string): Promise<Map<string, Set<string>>> {
  const tables = new Map<string, Set<string>>();
  for (const row of rowsOf(await sql.raw(statement))) {
    const table = text(row['tbl']);
    tables.set(table, (tables.get(table) ?? new Set()).add(text(row['col'])));
  }
  return tables;
}

async function sizesBy(sql: Knex, total: string, tables: string): Promise<Size> {
  const rows = rowsOf(await sql.raw(tables));
  const size = Number((await first(sql, total))['size']);
  return { size, tables: rows.map((row) => ({ name: text(row['name']), bytes: Number(row['bytes']) })) };
}

async function highestId(tx: Transaction, table: string): Promise<number> {
  const row = await tx.sql(table).orderBy('id', 'desc').forUpdate().first<{ id: number } | undefined>('id');
  return row?.id ?? 0;
}

function idsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** Bytes in a column of blobs, together; none of the engines fetches them for it where they are stored apart. */
export function sumOfBytes(sql: Knex, column: string): Knex.Raw {
  return sql.raw('sum(octet_length(??)) as bytes', [column]);
}

const amongListed: Dialect['among'] = (query, column, values) => query.whereIn(column, values) as typeof query;

async function sqliteVersion(sql: Knex): Promise<string> {
  return text((await first(sql, 'select sqlite_version() as version'))['version']);
}

function sqlite(version: string): Dialect {
  return {
    engine: 'sqlite',
    notifies: false,
    deletesBySubquery: true,
    locksRows: false,
    ...{ exactText: '??', foldsText: false, positionIn: 'instr', nullsFirst: true },
    // Nothing looks after foreign keys there.
    cascades: () => Promise.resolve([]),
    server: `SQLite ${version}`,
    ...clock(`(julianday('now') - 2440587.5) * 86400.0`),
    columns: (sql) =>
      columnsBy(
        sql,
        `select m.name as tbl, c.name as col from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table'`,
      ),
    tablesWithoutTransactions: () => Promise.resolve([]),
    // Sizes of tables would need a look at every page.
    size: (sql) =>
      sizesBy(
        sql,
        'select page_count * page_size as size from pragma_page_count(), pragma_page_size()',
        'select 1 where 1 = 0',
      ),
    namespace: () => Promise.resolve(null),
    among: amongListed,
    locking: (query) => query,
    lockingToDelete: (query) => query,
    // Nobody else writes meanwhile.
    lockFree: (sql, table) => sql(table),
    missingIndexes: () => Promise.resolve([]),
    allowScans: () => Promise.resolve(),
    newIds: async (tx, table, count) => idsFrom((await highestId(tx, table)) + 1, count),
    raiseIds: () => Promise.resolve(),
    // A statement that writes no row takes the one write lock at the start, as BEGIN IMMEDIATE does: a transaction
    // that began by reading could not take it any more once somebody else has written.
    exclusively: async (tx, _tables, work) => {
      await tx.sql('masters').whereRaw('1 = 0').update({ active: 0 });
      return work();
    },
  };
}

async function postgresVersion(sql: Knex): Promise<string> {
  return text((await first(sql, `select current_setting('server_version') as version`))['version']).split(' ')[0] ?? '';
}

/** Without statistics the number of rows is guessed by the size. */
const unindexedReferences = `
  select t.relname as tbl, a.attname as col, p.relname as parent,
    case when t.reltuples < 0 then pg_relation_size(t.oid) / 100 else t.reltuples end as rows
  from pg_constraint c
    join pg_class t on t.oid = c.conrelid
    join pg_class p on p.oid = c.confrelid
    join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
  where c.contype = 'f' and pg_table_is_visible(t.oid)
    and p.relname in ('builds', 'steps', 'logs', 'buildrequests', 'buildsets', 'builders', 'test_result_sets', 'test_names', 'test_code_paths')
    and not exists (select 1 from pg_index i where i.indrelid = t.oid and i.indisvalid and i.indkey[0] = a.attnum)
  order by 4 desc, 1, 2`;

/** A trigger that is switched off deletes nothing, nor does any in a session that only copies what another server did. */
const postgresCascades = `
  select t.relname as tbl, a.attname as col, p.relname as parent
  from pg_constraint c
    join pg_class t on t.oid = c.conrelid
    join pg_class p on p.oid = c.confrelid
    join pg_attribute a on a.attrelid = t.oid and a.attnum = c.conkey[1]
    join pg_attribute k on k.attrelid = p.oid and k.attnum = c.confkey[1]
  where c.contype = 'f' and c.confdeltype = 'c' and c.convalidated and cardinality(c.conkey) = 1 and k.attname = 'id'
    and pg_table_is_visible(t.oid) and pg_table_is_visible(p.oid)
    and current_setting('session_replication_role') <> 'replica'
    and exists (select 1 from pg_trigger g
      where g.tgconstraint = c.oid and g.tgrelid = c.confrelid and g.tgtype & 8 > 0 and g.tgenabled in ('O', 'A'))`;

/** Read from the tables' names of one database, InnoDB's own; with the checks switched off nothing cascades. */
const mysqlCascades = `
  select k.table_name as tbl, min(k.column_name) as col, min(k.referenced_table_name) as parent
  from information_schema.referential_constraints r
    join information_schema.key_column_usage k on k.constraint_schema = r.constraint_schema
      and k.constraint_name = r.constraint_name and k.table_name = r.table_name
    join information_schema.tables t on t.table_schema = r.constraint_schema and t.table_name = r.table_name and t.engine = 'InnoDB'
    join information_schema.tables p on p.table_schema = r.constraint_schema and p.table_name = r.referenced_table_name and p.engine = 'InnoDB'
  where r.constraint_schema = database() and k.table_schema = database() and k.referenced_table_schema = database()
    and r.delete_rule = 'CASCADE' and @@foreign_key_checks = 1
  group by k.constraint_name, k.table_name
  having count(*) = 1 and min(k.referenced_column_name) = 'id'`;

async function referencesBy(sql: Knex, statement: string): Promise<Reference[]> {
  const rows = rowsOf(await sql.raw(statement));
  return rows.map((row) => ({ table: text(row['tbl']), column: text(row['col']), parent: text(row['parent']) }));
}

function missingIndexOf(row: Record<string, unknown>): MissingIndex {
  return {
    table: text(row['tbl']),
    column: text(row['col']),
    parent: text(row['parent']),
    rows: Math.round(Number(row['rows'])),
  };
}

function postgres(version: string): Dialect {
  return {
    engine: 'postgres',
    notifies: true,
    deletesBySubquery: true,
    locksRows: true,
    ...{ exactText: '?? collate "C"', foldsText: false, positionIn: 'strpos', nullsFirst: false },
    cascades: (sql) => referencesBy(sql, postgresCascades),
    server: `PostgreSQL ${version}`,
    ...clock('extract(epoch from clock_timestamp())'),
    // information_schema is slow here and hides what this user may not touch.
    columns: (sql) =>
      columnsBy(
        sql,
        `select c.relname as tbl, a.attname as col from pg_class c join pg_attribute a on a.attrelid = c.oid
         where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and pg_table_is_visible(c.oid)
           and c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`,
      ),
    tablesWithoutTransactions: () => Promise.resolve([]),
    size: (sql) =>
      sizesBy(
        sql,
        'select pg_database_size(current_database()) as size',
        `select relname as name, pg_total_relation_size(oid) as bytes from pg_class
         where relkind = 'r' and pg_table_is_visible(oid) and relnamespace <> 'pg_catalog'::regnamespace
         order by 2 desc, 1 limit 10`,
      ),
    namespace: readNamespace,
    among: (query, column, values) => query.whereRaw('?? = any(?::integer[])', [column, [...values]]) as typeof query,
    // Weaker than FOR UPDATE: rows of other masters' new builds that refer to this one need not wait.
    locking: (query) => query.forNoKeyUpdate() as typeof query,
    // A new row that refers to one that is being deleted would be deleted with it, unseen: it has to wait, and fails.
    lockingToDelete: (query) => query.forUpdate() as typeof query,
    lockFree: (sql, table) => sql(table).forNoKeyUpdate().skipLocked(),
    missingIndexes: async (sql) => rowsOf(await sql.raw(unindexedReferences)).map(missingIndexOf),
    allowScans: async (sql) => void (await sql.raw('set local enable_seqscan = on')),
    newIds: async ({ sql: on }, table, count) => {
      const sequence = `select nextval(pg_get_serial_sequence(?, 'id')) as id from generate_series(1, ?)`;
      return rowsOf(await on.raw(sequence, [table, count])).map((row) => Number(row['id']));
    },
    raiseIds: async ({ sql: on }, table, upTo) => {
      const sequence = `(select pg_get_serial_sequence(?, 'id')::regclass as s) as x`;
      await on.raw(`select setval(s, ?) from ${sequence} where coalesce(pg_sequence_last_value(s), 0) < ?`, [upTo, table, upTo]); // prettier-ignore
    },
    exclusively: (_tx, _tables, work) => work(),
  };
}

async function readNamespace(sql: Knex): Promise<Namespace> {
  const result: unknown = await sql.raw(
    `select n.nspname as schema, t.relname as tbl, s.relname as sequence
     from pg_class m
       join pg_namespace n on n.oid = m.relnamespace
       join pg_class t on t.relnamespace = n.oid and t.relkind in ('r', 'p')
       left join (pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S')
         on d.refobjid = t.oid and d.refclassid = 'pg_class'::regclass and d.classid = 'pg_class'::regclass and d.deptype = 'a'
     where m.relname = 'masters' and m.relkind in ('r', 'p') and pg_table_is_visible(m.oid)`,
  );
  const rows = rowsOf(result);
  const own = rows.filter((row) => row['sequence'] !== null);
  return {
    schema: text(rows[0]?.['schema']),
    sequences: new Map(own.map((row) => [text(row['tbl']), text(row['sequence'])])),
  };
}

async function mysql(sql: Knex, options: OpenOptions): Promise<Dialect> {
  const version = text((await first(sql, 'select version() as version'))['version']);
  const isMariadb = /mariadb/i.test(version);
  // Each has a name and a unit of its own for it; MySQL's covers reads only.
  const timeout = isMariadb
    ? `max_statement_time = ${options.timeoutMs / 1000}`
    : `max_execution_time = ${options.timeoutMs}`;
  const wholeSeconds = (ms: number): number => Math.max(1, Math.round(ms / 1000));
  const rows = wholeSeconds(options.lockWaitMs ?? options.timeoutMs);
  // Of whole tables: who gives up has lost its place in the queue for LOCK TABLES.
  const tables = wholeSeconds(options.timeoutMs);
  await sql.raw(`set session ${timeout}, innodb_lock_wait_timeout = ${rows}, lock_wait_timeout = ${tables}`);
  if (options.access === 'read') await sql.raw('set session transaction read only');
  // Of any connection that says nothing, in a transaction or not: LOCK TABLES is none.
  if (options.lockLeaseMs !== undefined)
    await sql.raw(`set session wait_timeout = ${Math.ceil(options.lockLeaseMs / 1000)}`);
  return {
    engine: 'mysql',
    notifies: false,
    deletesBySubquery: false,
    locksRows: true,
    // Their collations take upper for lower case, and most of them no spaces at the end.
    ...{ exactText: 'cast(convert(?? using utf8mb4) as binary)', foldsText: true },
    ...{ positionIn: 'instr', nullsFirst: true },
    cascades: (on) => referencesBy(on, mysqlCascades),
    server: `${isMariadb ? 'MariaDB' : 'MySQL'} ${version.split('-')[0]}`,
    ...clock('unix_timestamp(now(3))'),
    columns: (on) =>
      columnsBy(
        on,
        'select table_name as tbl, column_name as col from information_schema.columns where table_schema = database()',
      ),
    tablesWithoutTransactions: async (on) => {
      const result: unknown = await on.raw(
        `select t.table_name as tbl from information_schema.tables t join information_schema.engines e on e.engine = t.engine
         where t.table_schema = database() and t.table_type = 'BASE TABLE' and coalesce(e.transactions, 'NO') <> 'YES' order by 1`,
      );
      return rowsOf(result).map((row) => text(row['tbl']));
    },
    size: (on) =>
      sizesBy(
        on,
        'select sum(data_length + index_length) as size from information_schema.tables where table_schema = database()',
        `select table_name as name, data_length + index_length as bytes from information_schema.tables
         where table_schema = database() and table_type = 'BASE TABLE' order by 2 desc, 1 limit 10`,
      ),
    namespace: () => Promise.resolve(null),
    among: amongListed,
    locking: (query) => query.forUpdate() as typeof query,
    lockingToDelete: (query) => query.forUpdate() as typeof query,
    // Where most of them are wanted all that are open would be gone through, by another index, and be locked.
    lockFree: (on, table) =>
      skipsLocked(version, isMariadb)
        ? on(on.raw('?? force index (primary)', [table]) as unknown as string)
            .forUpdate()
            .skipLocked()
        : on(table),
    // The engine makes an index for each foreign key.
    missingIndexes: () => Promise.resolve([]),
    allowScans: () => Promise.resolve(),
    // The counter of InnoDB cannot be asked: others may have been given ids and not have written them yet.
    newIds: async (tx, table, count) =>
      idsFrom((await highestId(tx, table)) + (tx.schema.withoutTransactions.includes(table) ? 1 : 1000), count),
    raiseIds: () => Promise.resolve(),
    exclusively: lockTables,
  };
}

function skipsLocked(version: string, isMariadb: boolean): boolean {
  const [major = 0, minor = 0] = version
    .replace(/^5\.5\.5-/, '')
    .split('.')
    .map(Number);
  return isMariadb ? major > 10 || (major === 10 && minor >= 6) : major >= 8;
}

/** Without transactions (MyISAM) only LOCK TABLES keeps the others out between looking and writing. */
async function lockTables<T>(tx: Transaction, tables: readonly string[], work: () => Promise<T>): Promise<T> {
  if (!tables.some((table) => tx.schema.withoutTransactions.includes(table))) return work();
  const present = tables.filter((table) => tx.schema.has(table));
  await tx.sql.raw(`lock tables ${present.map(() => '?? write').join(', ')}`, present);
  try {
    return await work();
  } finally {
    await tx.sql.raw('unlock tables');
  }
}
