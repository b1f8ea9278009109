import type { Row, RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { clusterClass, clusterObject, pinKey, pinnedTo, pinPrefix } from './published.js';
import { ChangedMeanwhile } from './rows.js';
import type { ServiceId } from './service-claims.js';

export const pinTables: readonly string[] = ['objects', 'object_state'];

/** Where masters of bbctl's own keep the service from now on; `null`: wherever there is room. */
export async function pinService(tx: Transaction, service: ServiceId, master: number | null): Promise<RowSet[]> {
  const object = await tx.sql('objects').where({ name: clusterObject, class_name: clusterClass }).first<{ id: number } | undefined>('id'); // prettier-ignore
  if (!object) throw new ChangedMeanwhile("no master of bbctl's own has ever run on this database");
  const key = { objectid: object.id, name: pinKey(service) };
  const before = await tx.dialect
    .locking(tx.sql('object_state').where(key))
    .select<{ objectid: number; name: string; value_json: string }[]>('objectid', 'name', 'value_json');
  const after = master === null ? [] : [{ ...key, value_json: JSON.stringify({ master }) }];
  if (before[0]?.value_json === after[0]?.value_json) return [];
  return [
    { kind: 'delete', table: 'object_state', rows: before },
    { kind: 'insert', table: 'object_state', rows: after },
  ];
}

/** What keeps this service somewhere. */
export async function unpinService(tx: Transaction, service: ServiceId): Promise<RowSet[]> {
  const rows = (await lockPins(tx)).filter((row) => row['name'] === pinKey(service));
  return [{ kind: 'delete', table: 'object_state', rows }];
}

/** What keeps services on this master. */
export async function unpinMaster(tx: Transaction, masterId: number): Promise<RowSet[]> {
  const rows = (await lockPins(tx)).filter((row) => pinnedTo(row['value_json']) === masterId);
  return [{ kind: 'delete', table: 'object_state', rows }];
}

async function lockPins(tx: Transaction): Promise<Row[]> {
  const object = await tx.sql('objects').where({ name: clusterObject, class_name: clusterClass }).first<{ id: number } | undefined>('id'); // prettier-ignore
  if (!object) return [];
  const pins = tx.sql('object_state').where('objectid', object.id).where('name', 'like', `${pinPrefix}%`);
  return tx.dialect.locking(pins).select<Row[]>('objectid', 'name', 'value_json');
}
