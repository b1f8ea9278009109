import type { RowSet } from '../model/rows.js';
import { keyColumn } from '../model/rows.js';
import type { ServiceKind } from '../model/service.js';
import type { Transaction } from './connect.js';
import { lockMaster } from './masters.js';
import type { SeenMaster } from './masters.js';
import { ChangedMeanwhile, lockRows } from './rows.js';

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
