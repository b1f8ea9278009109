/** Buildbot's tables as plain data, the same for every engine; `ddl.ts` makes statements of it. */
export interface Table {
  readonly name: string;
  readonly columns: Readonly<Record<string, Column>>;
  readonly indexes: readonly Index[];
  /** The first revision that has it; none: all of those that can be created. */
  readonly since?: number;
}

export interface Column {
  readonly type: ColumnType;
  readonly isNullable?: true;
  readonly isPrimary?: true;
  readonly default?: string;
  readonly references?: Reference;
  readonly since?: number;
}

/** `serial` is an integer that the engine counts; of the blobs only MySQL tells the sizes apart. */
export type ColumnType = 'serial' | 'integer' | 'smallint' | 'text' | 'mediumblob' | 'longblob' | `varchar(${number})`;

export interface Reference {
  readonly table: string;
  readonly column: string;
  readonly onDelete: 'CASCADE' | 'SET NULL';
  /** Of the constraint; none: as the engine calls it. */
  readonly name?: string;
}

export interface Index {
  readonly name: string;
  readonly columns: readonly string[];
  readonly isUnique: boolean;
  readonly since?: number;
}

export const serial: Column = { type: 'serial', isPrimary: true };
export const integer: Column = { type: 'integer' };
export const smallint: Column = { type: 'smallint' };
export const text: Column = { type: 'text' };
export const mediumblob: Column = { type: 'mediumblob' };
export const longblob: Column = { type: 'longblob' };
/** A SHA-1 in hexadecimal: of a text that is too long for a unique index. */
export const hash: Column = varchar(40);

export function varchar(length: number): Column {
  return { type: `varchar(${length})` };
}

/** A row of another table, with which this one goes. */
export function idOf(table: string, column = 'id'): Column {
  return { type: 'integer', references: { table, column, onDelete: 'CASCADE' } };
}

/** A row of another table, or none: this one stays without it. */
export function idOrNull(table: string, column = 'id'): Column {
  return { type: 'integer', isNullable: true, references: { table, column, onDelete: 'SET NULL' } };
}

export function nullable(column: Column): Column {
  return { ...column, isNullable: true };
}

export function primary(column: Column): Column {
  return { ...column, isPrimary: true };
}

export function withDefault(value: string, column: Column): Column {
  return { ...column, default: value };
}

/** Its foreign key has this name. */
export function named(name: string, column: Column): Column {
  return column.references ? { ...column, references: { ...column.references, name } } : column;
}

export function since<Part extends Table | Column | Index>(revision: number, part: Part): Part {
  return { ...part, since: revision };
}

export function index(name: string, ...columns: string[]): Index {
  return { name, columns, isUnique: false };
}

export function unique(name: string, ...columns: string[]): Index {
  return { name, columns, isUnique: true };
}

export function table(name: string, columns: Table['columns'], indexes: readonly Index[]): Table {
  return { name, columns, indexes };
}
