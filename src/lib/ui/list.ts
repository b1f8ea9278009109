import { Failure } from '../errors.js';
import { printable } from '../model/names.js';
import { text } from './format.js';

/** A column of a list; its cells are values of the rows as `--json` prints them. */
export interface Column<Row> {
  /** As `--columns`, `--sort` and `--filter` call it; a key of the row as `--json` prints it. */
  readonly name: keyof Row & string;
  readonly header?: string;
  readonly format?: (value: never, row: Row) => string;
  readonly colour?: (text: string) => string;
  /** Shown only when asked for by name. */
  readonly hidden?: boolean;
  readonly align?: 'right';
  /** Lists lose their end; other long text its middle. */
  readonly cut?: 'end';
}

/** A hidden column is shown where one of the rows has something in it. */
export function withColumn<Row>(
  columns: readonly Column<Row>[],
  name: keyof Row & string,
  rows: readonly Row[],
): Column<Row>[] {
  const isUsed = rows.some((row) => row[name] !== null);
  return columns.map((column) => (column.name === name && isUsed ? { ...column, hidden: false } : column));
}

export interface ListOptions {
  readonly columns?: string | undefined;
  readonly sort?: string | undefined;
  readonly filter?: readonly string[] | undefined;
}

export function verifyColumn<Row>(name: string, columns: readonly Column<Row>[]): Column<Row> {
  const column = columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (column) return column;
  throw new Failure('usage', `There is no column "${printable(name)}".`, {
    try: `There are ${columns.map((one) => one.name).join(', ')}.`,
  });
}

/** `--filter` and `--sort`, which hold for `--json` too. */
export function selectRows<Row extends object>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: ListOptions,
): Row[] {
  const filters = (options.filter ?? []).map((filter) => filterOf(filter, columns));
  const kept = rows.filter((row) => filters.every((matches) => matches(row)));
  const keys = (options.sort ?? '').split(',').filter(Boolean).map((key) => ({ column: verifyColumn(key.replace(/^-/, ''), columns), sign: key.startsWith('-') ? -1 : 1 })); // prettier-ignore
  if (keys.length === 0) return kept;
  return kept.sort((a, b) =>
    keys.reduce((order, { column, sign }) => order || sign * compare(a[column.name], b[column.name]), 0),
  );
}

/** `column=text`, where `*` stands for anything; several must all hold. */
function filterOf<Row extends object>(filter: string, columns: readonly Column<Row>[]): (row: Row) => boolean {
  const at = filter.indexOf('=');
  if (at === -1)
    throw new Failure('usage', `"${printable(filter)}" is not a filter.`, {
      try: 'Write it like state=dead or name=*nightly*.',
    });
  const column = verifyColumn(filter.slice(0, at), columns);
  const pattern = new RegExp(`^${filter.slice(at + 1).split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`, 'is'); // prettier-ignore
  return (row) => {
    const value = row[column.name];
    return pattern.test(text(value)) || (Array.isArray(value) && value.some((one) => pattern.test(text(one))));
  };
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return text(a).localeCompare(text(b), 'en', { numeric: true });
}
