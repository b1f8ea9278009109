// What masters of bbctl's own leave in `object_state`, written row by row.
import { clusterClass, clusterObject, masterClass, offerKey, runKey } from '../../src/lib/db/published.js';
import type { Offer } from '../../src/lib/model/run.js';
import type { TestDatabase } from './database.js';

/** Ids that no recording has. */
const firstObject = 9000;

/** Says that the row of this master, as it is, was written by one of bbctl's own. */
export async function makeOwn(db: TestDatabase, masterId: number, offer: Partial<Offer> = {}): Promise<void> {
  const [row] = await db.query('SELECT name_hash, last_active FROM masters WHERE id = ?', [masterId]);
  const object = firstObject + masterId;
  const beat = Number(row?.last_active);
  const run = { incarnation: `run ${masterId}`, expireAfter: 3600, beat, startedAt: beat - 3600.5 };
  await addObject(db, object, String(row?.name_hash), masterClass);
  await addState(db, object, runKey, run);
  await addState(db, object, offerKey, { schedulers: [], changeSources: [], ...offer });
}

/** `scheduler 12` → `masters.id`; beside a mark, as it is on MySQL and SQLite. */
export async function addPins(db: TestDatabase, pins: Readonly<Record<string, number>>): Promise<void> {
  await addObject(db, firstObject, clusterObject, clusterClass);
  await addState(db, firstObject, 'announced services', 'something');
  for (const [service, master] of Object.entries(pins)) await addState(db, firstObject, `pin ${service}`, { master });
}

async function addObject(db: TestDatabase, id: number, name: string, className: string): Promise<void> {
  await db.query('INSERT INTO objects (id, name, class_name) VALUES (?, ?, ?)', [id, name, className]);
}

async function addState(db: TestDatabase, object: number, key: string, value: unknown): Promise<void> {
  await db.query('INSERT INTO object_state (objectid, name, value_json) VALUES (?, ?, ?)', [object, key, JSON.stringify(value)]); // prettier-ignore
}

/** The rows of `object_state` that go, as a comparison of two dumps tells them. */
export function stateRow(before: Record<string, readonly Record<string, unknown>[]>, objectid: number, name: string) {
  const row = before['object_state']?.find((one) => one['objectid'] === objectid && one['name'] === name);
  return { table: 'object_state', key: { objectid, name }, before: row };
}

export const clusterObjectId = firstObject;
export const objectIdOf = (masterId: number): number => firstObject + masterId;
