import type { Knex } from 'knex';
import type { Transaction } from './connect.js';

/** Adds a row, and says which id the database has given it. */
export async function addRow(tx: Transaction, table: string, key: string, row: object): Promise<number> {
  return (await idOf(tx, key, tx.sql(table).insert(row))) ?? 0;
}

/** The same where no other row stands in its way (a unique index); else `null`, and nothing is written. */
export async function addRowIfFree(tx: Transaction, table: string, key: string, row: object): Promise<number | null> {
  return idOf(tx, key, tx.sql(table).insert(row).onConflict().ignore());
}

/** MySQL has no RETURNING; its driver says the id by itself, and 0 where there is none. */
async function idOf(tx: Transaction, key: string, insert: Knex.QueryBuilder): Promise<number | null> {
  const [added] = (await (tx.dialect.engine === 'mysql' ? insert : insert.returning(key))) as unknown[];
  const id = typeof added === 'object' && added !== null ? (added as Record<string, unknown>)[key] : added;
  return Number(id ?? 0) || null;
}
