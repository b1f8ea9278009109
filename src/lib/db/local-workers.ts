import type { Transaction } from './connect.js';

/** Name → `workers.id`, of those that may be given work: neither paused nor told to shut down. */
export async function readReadyWorkers(tx: Transaction, names: readonly string[]): Promise<Map<string, number>> {
  const query = tx.sql('workers').whereIn('name', names);
  for (const column of ['paused', 'graceful']) if (tx.schema.has('workers', column)) query.where(column, 0);
  const rows = await query.select<{ id: number; name: string }[]>('id', 'name');
  return new Map(rows.map(({ id, name }) => [name, id]));
}
