import { Failure } from '../errors.js';
import { groupBy } from '../model/group-by.js';
import { printable } from '../model/names.js';
import type { Database } from './connect.js';
import type { Namespace } from './dialect.js';
import { readColumns, readTables, revisionTables, rightsOf } from '../model/privileges.js';
import type { Rights, UserClass } from '../model/privileges.js';
import type { Schema } from './schema.js';
import type { ServerLocation } from './url.js';

export interface Grantee {
  readonly user: string;
  /** Where it connects from, as MySQL has it: `%` is anywhere. */
  readonly host: string;
}

/** The database that rights are granted on. */
export interface Target {
  readonly engine: ServerLocation['engine'];
  readonly database: string;
  readonly schema: Schema;
  /** Where the tables are, on PostgreSQL. */
  readonly namespace: Namespace | null;
}

export interface Grants {
  /** Makes the user, but for the password, which is nobody's to print. */
  readonly create: string;
  readonly statements: readonly string[];
}

/** The least that a class of users needs on this database, whose schema decides which tables there are. */
export function readGrants(database: Database, userClass: UserClass, grantee: Grantee): Promise<Grants> {
  const { location } = database;
  if (location.engine === 'sqlite') throw new Error('SQLite has no users.');
  const { engine, database: name } = location;
  return database.read(async ({ sql, dialect, schema }) =>
    grantsOf({ engine, database: name, schema, namespace: await dialect.namespace(sql) }, userClass, grantee),
  );
}

/** The same, of what was read. Names are quoted; those that cannot be shown as they are, or mean everybody, are refused. */
export function grantsOf(target: Target, userClass: UserClass, grantee: Grantee): Grants {
  const sequences = [...(target.namespace?.sequences.values() ?? [])];
  for (const name of [grantee.user, grantee.host, target.database, target.namespace?.schema ?? '', ...sequences]) {
    verifyShowable(name);
  }
  verifyOne(grantee.user);
  const rights = rightsIn(target.schema, userClass);
  return target.engine === 'postgres'
    ? postgresGrants(target, userClass, rights, grantee)
    : mysqlGrants(target, userClass, rights, grantee);
}

function verifyShowable(name: string): void {
  if (printable(name) === name) return;
  throw new Failure('refused', `The name "${printable(name)}" has characters in it that cannot be shown.`, {
    try: 'What is pasted would be another name: grant by hand.',
  });
}

/** PostgreSQL takes "public" for everybody, quoted or not; MySQL takes no name for whoever has no account. */
function verifyOne(user: string): void {
  if (user !== '' && user.toLowerCase() !== 'public') return;
  throw new Failure('usage', `--user ${user === '' ? 'may not be empty' : `${user} is everybody`}.`, {
    try: 'Name one user.',
  });
}

type TableRights = readonly (readonly [table: string, rights: Rights])[];

function rightsIn(schema: Schema, userClass: UserClass): TableRights {
  const rights = rightsOf[userClass];
  const revision = revisionTables.filter((table) => schema.has(table)).slice(0, 1);
  const tables = new Set([...revision, ...readTables, ...Object.keys(readColumns), ...Object.keys(rights)]);
  return [...tables]
    .filter((table) => schema.has(table))
    .map((table) => [table, present(schema, table, rights[table] ?? readColumns[table])]);
}

/** Without the columns that came later. */
function present(schema: Schema, table: string, rights: Rights = {}): Rights {
  const { update, ...others } = rights;
  if (update === undefined || update === 'any') return rights;
  const columns = update.filter((column) => schema.has(table, column));
  return columns.length > 0 ? { ...others, update: columns } : others;
}

function privileges({ select, insert, update, delete: remove }: Rights, quote: (name: string) => string): string {
  const columns = (names: readonly string[] | 'any' = 'any'): string =>
    names === 'any' ? '' : ` (${names.map(quote).join(', ')})`;
  return [
    `SELECT${columns(select)}`,
    ...(insert ? ['INSERT'] : []),
    ...(update ? [`UPDATE${columns(update)}`] : []),
    ...(remove ? ['DELETE'] : []),
  ].join(', ');
}

const quotePostgres = (name: string): string => `"${name.replaceAll('"', '""')}"`;

function postgresGrants(target: Target, userClass: UserClass, rights: TableRights, { user }: Grantee): Grants {
  const to = quotePostgres(user);
  const database = quotePostgres(target.database);
  const schema = quotePostgres(target.namespace?.schema ?? 'public');
  const within = (names: readonly string[]): string =>
    names.map((name) => `${schema}.${quotePostgres(name)}`).join(', ');
  const byRights = groupBy(rights, ([, of]) => privileges(lockable(of), quotePostgres));
  const makesIds = userClass === 'run' || userClass === 'forget';
  const sequences = rights.flatMap(([table, { insert }]) =>
    makesIds && insert ? (target.namespace?.sequences.get(table) ?? []) : [],
  );
  // What comes back with its old ids must not be given out again: the sequence is raised.
  const use = userClass === 'forget' ? 'USAGE, UPDATE' : 'USAGE';
  return {
    create: `CREATE ROLE ${to} LOGIN`,
    statements: [
      `GRANT CONNECT ON DATABASE ${database} TO ${to}`,
      `GRANT USAGE ON SCHEMA ${schema} TO ${to}`,
      ...(schema === '"public"' ? [] : [`ALTER ROLE ${to} IN DATABASE ${database} SET search_path = ${schema}`]),
      ...[...byRights].map(([of, tables]) => `GRANT ${of} ON TABLE ${within(tables.map(([table]) => table))} TO ${to}`),
      ...(sequences.length > 0 ? [`GRANT ${use} ON SEQUENCE ${within(sequences)} TO ${to}`] : []),
    ],
  };
}

function lockable(rights: Rights): Rights {
  return rights.lock !== undefined && rights.update === undefined ? { ...rights, update: [rights.lock] } : rights;
}

/** In backticks nothing but a backtick is special; a string would depend on the server's `sql_mode`. */
const quoteMysql = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

function mysqlGrants(target: Target, userClass: UserClass, rights: TableRights, { user, host }: Grantee): Grants {
  const to = `${quoteMysql(user)}@${quoteMysql(host)}`;
  const database = quoteMysql(target.database);
  // A grant on a whole database is one on every database that fits the pattern.
  const whole = quoteMysql(target.database.replaceAll(/[\\_%]/g, '\\$&'));
  const locks = userClass !== 'read' && target.schema.withoutTransactions.some((table) => rightsOf[userClass][table]);
  return {
    create: `CREATE USER ${to} IDENTIFIED BY '…'`,
    statements: [
      // Lets it see which tables and columns there are and how large, and read none: MySQL hides the others.
      `GRANT REFERENCES${locks ? ', LOCK TABLES' : ''} ON ${whole}.* TO ${to}`,
      ...rights.map(
        ([table, of]) => `GRANT ${privileges(of, quoteMysql)} ON ${database}.${quoteMysql(table)} TO ${to}`,
      ),
    ],
  };
}
