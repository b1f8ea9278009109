import { pythonJson } from '../model/python-json.js';
import type { Transaction } from './connect.js';
import { fitted } from './hash-columns.js';

/** What whoever reads or writes state names as the tables of its transaction. */
export const stateTables: readonly string[] = ['objects', 'object_state'];

/** `objects.id` of what has state: Buildbot keeps it under a service's name and the short name of its class. */
export async function findOrAddObject(tx: Transaction, name: string, className: string): Promise<number> {
  const identity = { name: fitted(name, 128), class_name: className };
  const find = () => tx.sql('objects').where(identity).first<{ id: number } | undefined>('id');
  const found = await find();
  if (found) return found.id;
  await tx.sql('objects').insert(identity).onConflict(['name', 'class_name']).ignore();
  // Somebody else's, added since this transaction began, is seen only by a look that locks.
  const added = await find().forShare();
  if (!added) throw new Error(`objects has no row for ${className} ${name} after it was added`);
  return added.id;
}

/** The value as it is now, locked until the transaction ends; `undefined`: there is none, or it is no JSON. */
export async function readState(tx: Transaction, objectId: number, key: string): Promise<unknown> {
  const query = tx.sql('object_state').where({ objectid: objectId, name: fitted(key, 255) });
  const row = await tx.dialect.locking(query).first<{ value_json: string } | undefined>('value_json');
  if (!row) return undefined;
  try {
    return JSON.parse(String(row.value_json)) as unknown;
  } catch {
    return undefined;
  }
}

/** Whoever writes the same key at the same time waits, and the last one stands. */
export async function writeState(tx: Transaction, objectId: number, key: string, value: unknown): Promise<void> {
  const row = { objectid: objectId, name: fitted(key, 255), value_json: pythonJson(value) };
  await tx.sql('object_state').insert(row).onConflict(['objectid', 'name']).merge(['value_json']);
}
