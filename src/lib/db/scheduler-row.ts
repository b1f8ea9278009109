import type { Transaction } from './connect.js';

/**
 * Locks the scheduler's row, so that what is done for it is done by one at a time, and nobody disables it meanwhile.
 * `false`: it is disabled, or gone.
 */
export async function lockEnabled(tx: Transaction, schedulerId: number): Promise<boolean> {
  const query = tx.sql('schedulers').where('id', schedulerId);
  const row = await tx.dialect.locking(query).first<{ enabled?: number | null } | undefined>('*');
  return row !== undefined && (row.enabled ?? 1) !== 0;
}
