import { randomBytes } from 'node:crypto';

export type Row = Record<string, unknown>;

/** A connection of the test's own to a database of the test's own, by the bare driver. */
export interface Connection {
  url: string;
  query(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  exec(sql: string): Promise<void>;
  tables(): Promise<string[]>;
  columns(table: string): Promise<string[]>;
  quote(name: string): string;
  /** Closes the connection and drops the database. */
  close(): Promise<void>;
}

export function randomName(): string {
  return `bbctl_test_${randomBytes(6).toString('hex')}`;
}

/** The address of another database on the same server. */
export function siblingUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** The drivers disagree about booleans, and Buildbot stores them as small integers. */
export function storable(params: readonly unknown[]): unknown[] {
  return params.map((value) => (typeof value === 'boolean' ? Number(value) : value));
}

export function names(rows: readonly Row[]): string[] {
  return rows.map((row) => row.name as string);
}
