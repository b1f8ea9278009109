import type { Location } from '../url.js';
import { revisionTable } from './tables.js';
import type { Column, ColumnType, Index, Reference, Table } from './table.js';

/** What differs between the engines where tables are made, each with its reason. */
export interface Ddl {
  /** Said to the session first. */
  readonly preparation: string | null;
  /** Can all of it be one transaction? Else each statement is committed by itself. */
  readonly isTransactional: boolean;
  quote(name: string): string;
  type(type: ColumnType): string;
  /** Of the one table that alembic makes itself, and names the key of. */
  readonly revisionKey: string;
  /** After the columns. */
  options(table: Table): string;
  /** Are indexes a part of the table's own statement? Else each has one. */
  readonly hasIndexesInside: boolean;
  /** Are foreign keys? Else they follow when all tables are there: some refer to each other. */
  readonly hasReferencesInside: boolean;
  /** An index finds a text by its beginning alone. */
  indexed(name: string, column: Column | undefined): string;
}

const quoted = (name: string): string => `"${name}"`;

const sqlite: Ddl = {
  // As Buildbot has it: who reads does not wait for who writes.
  preparation: 'pragma journal_mode = wal',
  isTransactional: true,
  quote: quoted,
  // Only as an INTEGER that is the whole primary key is it counted; AUTOINCREMENT would be something else.
  type: (type) => (type === 'serial' ? 'INTEGER' : type.endsWith('blob') ? 'BLOB' : type.toUpperCase()),
  revisionKey: 'CONSTRAINT alembic_version_pkc ',
  options: () => '',
  hasIndexesInside: false,
  // It looks at what one refers to when a row is written, and cannot add one later.
  hasReferencesInside: true,
  indexed: quoted,
};

const postgres: Ddl = {
  preparation: null,
  isTransactional: true,
  quote: quoted,
  type: (type) => (type.endsWith('blob') ? 'bytea' : type),
  revisionKey: 'CONSTRAINT alembic_version_pkc ',
  options: () => '',
  hasIndexesInside: false,
  hasReferencesInside: false,
  indexed: quoted,
};

/** Buildbot's own is MyISAM, which has no transactions. */
export const defaultStorageEngine = 'InnoDB';

/** The name of the storage engine is checked where the URL is read. */
function mysql(storageEngine: string): Ddl {
  const quote = (name: string): string => `\`${name}\``;
  return {
    // Some tables refer to each other: one of them is made first.
    preparation: 'set session foreign_key_checks = 0',
    isTransactional: false,
    quote,
    type: (type) => (type === 'serial' ? 'integer AUTO_INCREMENT' : type),
    revisionKey: '',
    // Three bytes a character keep the indexes within what MyISAM takes; alembic's own table has the database's.
    options: (table) => ` ENGINE=${storageEngine}${table === revisionTable ? '' : ' DEFAULT CHARSET=utf8'}`,
    // With all that belongs to it in one statement, a table is whole or not there.
    hasIndexesInside: true,
    hasReferencesInside: true,
    indexed: (name, column) => (column?.type === 'text' ? `${quote(name)}(255)` : quote(name)),
  };
}

/** `storageEngine` is of MySQL. */
export function ddlOf(engine: Location['engine'], storageEngine: string | null): Ddl {
  if (engine === 'mysql') return mysql(storageEngine ?? defaultStorageEngine);
  return engine === 'sqlite' ? sqlite : postgres;
}

/** What makes the tables, in this order. */
export function statementsOf(tables: readonly Table[], ddl: Ddl): string[] {
  return [
    ...tables.map((table) => createTable(table, ddl)),
    ...(ddl.hasIndexesInside ? [] : tables.flatMap((table) => createIndexes(table, ddl))),
    ...(ddl.hasReferencesInside ? [] : tables.flatMap((table) => addReferences(table, ddl))),
  ];
}

function createTable(table: Table, ddl: Ddl): string {
  const parts = [
    ...Object.entries(table.columns).map(([name, column]) => columnPart(name, column, ddl)),
    ...keyParts(table, ddl),
    ...(ddl.hasIndexesInside ? table.indexes.map((index) => indexPart(table, index, ddl)) : []),
    ...(ddl.hasReferencesInside ? referenceParts(table, ddl) : []),
  ];
  return `CREATE TABLE ${ddl.quote(table.name)} (${parts.join(', ')})${ddl.options(table)}`;
}

function columnPart(name: string, column: Column, ddl: Ddl): string {
  const byDefault = column.default === undefined ? '' : ` DEFAULT '${column.default}'`;
  return `${ddl.quote(name)} ${ddl.type(column.type)}${byDefault}${column.isNullable ? '' : ' NOT NULL'}`;
}

function keyParts(table: Table, ddl: Ddl): string[] {
  const key = Object.entries(table.columns).flatMap(([name, { isPrimary }]) => (isPrimary ? [ddl.quote(name)] : []));
  const name = table === revisionTable ? ddl.revisionKey : '';
  return key.length > 0 ? [`${name}PRIMARY KEY (${key.join(', ')})`] : [];
}

function columnsPart(table: Table, { columns }: Index, ddl: Ddl): string {
  return columns.map((column) => ddl.indexed(column, table.columns[column])).join(', ');
}

function indexPart(table: Table, index: Index, ddl: Ddl): string {
  return `${index.isUnique ? 'UNIQUE ' : ''}KEY ${ddl.quote(index.name)} (${columnsPart(table, index, ddl)})`;
}

function createIndexes(table: Table, ddl: Ddl): string[] {
  return table.indexes.map((index) => {
    const kind = index.isUnique ? 'UNIQUE INDEX' : 'INDEX';
    return `CREATE ${kind} ${ddl.quote(index.name)} ON ${ddl.quote(table.name)} (${columnsPart(table, index, ddl)})`;
  });
}

function referenceParts({ columns }: Table, ddl: Ddl): string[] {
  return Object.entries(columns).flatMap(([column, { references }]) =>
    references ? [referencePart(column, references, ddl)] : [],
  );
}

function referencePart(column: string, { name, table, column: key, onDelete }: Reference, ddl: Ddl): string {
  const constraint = name === undefined ? '' : `CONSTRAINT ${ddl.quote(name)} `;
  const parent = `${ddl.quote(table)} (${ddl.quote(key)})`;
  return `${constraint}FOREIGN KEY (${ddl.quote(column)}) REFERENCES ${parent} ON DELETE ${onDelete}`;
}

function addReferences(table: Table, ddl: Ddl): string[] {
  return referenceParts(table, ddl).map((part) => `ALTER TABLE ${ddl.quote(table.name)} ADD ${part}`);
}
