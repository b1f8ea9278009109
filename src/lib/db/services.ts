import type { RowSet } from '../model/rows.js';
import { keyColumn } from '../model/rows.js';
import type { ServiceKind } from '../model/service.js';
import type { Transaction } from './connect.js';
import { lockMaster } from './masters.js';
import type { SeenMaster } from './masters.js';
import { unpinService } from './pins.js';
import { ChangedMeanwhile, lockRows, lockRowsToDelete } from './rows.js';

/** Compare and delete: the claim goes only if this master still holds it and is still as it was seen. */
export async function releaseService(
  tx: Transaction,
  kind: ServiceKind,
  id: number,
  holder: SeenMaster,
): Promise<RowSet[]> {
  await lockMaster(tx, holder);
  const table = `${kind}_masters`;
  const rows = (await lockRows(tx, table, keyColumn(table), [id])).filter((row) => row['masterid'] === holder.id);
  return [{ kind: 'delete', table, rows }];
}

export async function setEnabled(tx: Transaction, id: number, enabled: boolean): Promise<RowSet[]> {
  const [row] = await lockRows(tx, 'schedulers', 'id', [id], ['enabled']);
  if (row === undefined) throw new ChangedMeanwhile(`scheduler ${id} is gone`);
  const after = { enabled: enabled ? 1 : 0 };
  return row['enabled'] === after.enabled
    ? []
    : [{ kind: 'update', table: 'schedulers', keys: [id], before: row, after }];
}

/** A service that is forgotten, and what was seen of it. */
export interface SeenService {
  readonly kind: ServiceKind;
  readonly id: number;
  readonly name: string;
  /** `objects.id` of what is its own: the state that they keep goes. */
  readonly objects: readonly number[];
  /** A master that runs may remember the ids of `objects`: then the rows themselves stay. */
  readonly keepsObjects: boolean;
}

/** The row, last, and what is its alone; nothing where it is gone already. */
export async function forgetService(tx: Transaction, service: SeenService): Promise<RowSet[]> {
  const { kind, id, name } = service;
  const [row] = await lockRowsToDelete(tx, `${kind}s`, 'id', [id]);
  if (row === undefined) return [];
  if (row['name'] !== name) throw new ChangedMeanwhile(`${kind} ${id} is ${row['name']} by now`);
  const claims = await lockRows(tx, `${kind}_masters`, `${kind}id`, [id]);
  if (claims.length > 0) throw new ChangedMeanwhile(`a master has taken ${name}`);
  const deleted = async (table: string, column: string, keys: readonly number[]): Promise<RowSet> => ({
    kind: 'delete',
    table,
    rows: await lockRows(tx, table, column, keys),
  });
  return [
    await deleted('scheduler_changes', 'schedulerid', kind === 'scheduler' ? [id] : []),
    await deleted('object_state', 'objectid', service.objects),
    ...(await unpinService(tx, service)),
    await deleted('objects', 'id', service.keepsObjects ? [] : service.objects),
    { kind: 'delete', table: `${kind}s`, rows: [row] },
  ];
}
