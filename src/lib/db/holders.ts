import type { Holders } from '../model/handover.js';
import type { Database, Transaction } from './connect.js';

type Raw = Record<string, unknown>;

/** Who holds which scheduler and change source: two small tables, often enough to tell for how long nobody did. */
export function readHolders(database: Database): Promise<Holders> {
  return database.read(async (tx) => {
    const at = await tx.dialect.now(tx.sql);
    const claims = [...(await claimsOf(tx, 'scheduler')), ...(await claimsOf(tx, 'changesource'))];
    return { at, ids: new Map(claims) };
  });
}

async function claimsOf(tx: Transaction, kind: string): Promise<[string, number][]> {
  const rows = await tx.sql(`${kind}_masters`).select<Raw[]>(`${kind}id as id`, 'masterid');
  return rows.map((row) => [`${kind} ${Number(row['id'])}`, Number(row['masterid'])]);
}
