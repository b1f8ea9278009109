import type { Row } from '../model/rows.js';
import type { Transaction } from './connect.js';

/** Returns the id that the database gave it. */
export async function insertRow(tx: Transaction, table: string, row: Row, id = 'id'): Promise<number> {
  const [made] = await tx.sql(table).insert(row).returning<(Row | number)[]>(id);
  // MySQL's driver returns the bare number.
  return Number(typeof made === 'object' ? made[id] : made);
}
