import { nameHash } from './builders.js';
import type { Transaction } from './connect.js';
import { holdMembership, NotMember } from './fence.js';
import type { Me } from './fence.js';
import { findOrAddObject, readState, writeState } from './object-state.js';
import { clusterClass, clusterObject, listenKey, masterClass, offerKey, runKey, stateKey } from './published.js';
import { giveBackUnfinished, workTables } from './unfinished-work.js';
import { asRun, runOfRow } from '../model/run.js';
import type { Condition, Offer, Run } from '../model/run.js';

/** What a master's row says, before this process runs under its name. */
export interface OwnRow {
  readonly id: number;
  readonly active: boolean;
  readonly lastActive: number;
  /** Of a master of bbctl's own that has run under the name; `null` also where a Buildbot has done so since. */
  readonly run: Run | null;
  readonly now: number;
}

/** `null`: the name is new. */
export async function readOwnRow(tx: Transaction, name: string): Promise<OwnRow | null> {
  const row = await tx
    .sql('masters')
    .where('name_hash', nameHash(name))
    .first<{ id: number; active: number; last_active: number } | undefined>('id', 'active', 'last_active');
  if (!row) return null;
  const objectId = await findOrAddObject(tx, nameHash(name), masterClass);
  const run = asRun(await readState(tx, objectId, runKey));
  const lastActive = Number(row.last_active);
  const now = await tx.dialect.now(tx.sql);
  return { id: row.id, active: row.active !== 0, lastActive, run: runOfRow(run, lastActive), now };
}

/** A run that begins: its name, its incarnation, and the seconds of silence that it lives by. */
export interface Enrolment {
  readonly name: string;
  readonly incarnation: string;
  readonly expireAfter: number;
  readonly offer: Offer;
}

/**
 * Makes this process the master of that name. Throws `NotMember` where the row is not as it was seen: another process
 * was quicker.
 */
export async function enrol(tx: Transaction, enrolment: Enrolment, seen: OwnRow | null): Promise<Me> {
  const id = await ownRow(tx, enrolment.name, seen);
  const objectId = await findOrAddObject(tx, nameHash(enrolment.name), masterClass);
  await findOrAddObject(tx, clusterObject, clusterClass);
  const now = await tx.dialect.now(tx.sql);
  const { incarnation, expireAfter, offer } = enrolment;
  await writeState(tx, objectId, offerKey, offer);
  await writeCondition(tx, objectId, { state: 'active', listen: null });
  await writeBeat(tx, { id, incarnation, objectId }, { incarnation, expireAfter, beat: 0, startedAt: now }, now);
  return { id, incarnation, objectId };
}

async function ownRow(tx: Transaction, name: string, seen: OwnRow | null): Promise<number> {
  const identity = { name, name_hash: nameHash(name) };
  if (!seen) await tx.sql('masters').insert({ ...identity, active: 0, last_active: 0 }).onConflict(['name_hash']).ignore(); // prettier-ignore
  const row = await tx.dialect
    .locking(tx.sql('masters').where('name_hash', identity.name_hash))
    .first<{ id: number; active: number; last_active: number } | undefined>('id', 'active', 'last_active');
  const isSeen = seen ? row?.active === (seen.active ? 1 : 0) && Number(row.last_active) === seen.lastActive : !row?.active;
  if (!row || !isSeen) throw new NotMember('another run');
  return row.id;
} // prettier-ignore

/** A heartbeat: throws `NotMember` where this run is a member no more. */
export async function beat(tx: Transaction, me: Me): Promise<void> {
  const run = await holdMembership(tx, me);
  await writeBeat(tx, me, run, await tx.dialect.now(tx.sql));
}

async function writeBeat(tx: Transaction, me: Me, run: Run, now: number): Promise<void> {
  const last = Math.floor(now);
  await writeState(tx, me.objectId, runKey, { ...run, beat: last });
  await tx.sql('masters').where('id', me.id).update({ active: 1, last_active: last });
}

/** What it would run, how it runs, and where it can be asked. */
export async function publish(tx: Transaction, me: Me, offer: Offer, condition: Condition): Promise<void> {
  await holdMembership(tx, me);
  await writeState(tx, me.objectId, offerKey, offer);
  await writeCondition(tx, me.objectId, condition);
}

async function writeCondition(tx: Transaction, objectId: number, { state, listen }: Condition): Promise<void> {
  await writeState(tx, objectId, stateKey, state);
  await writeState(tx, objectId, listenKey, listen);
}

/** A stopped master holds nothing: its builds have ended, its claims and registrations go, and it is inactive. */
export async function leave(tx: Transaction, me: Me): Promise<void> {
  await holdMembership(tx, me);
  await giveBackUnfinished(tx, me.id, await tx.dialect.now(tx.sql));
  await tx.sql('connected_workers').where('masterid', me.id).delete();
  const own = tx.sql('builder_masters').where('masterid', me.id).select('id');
  await tx.sql('configured_workers').whereIn('buildermasterid', await own.then((rows: { id: number }[]) => rows.map((row) => row.id))).delete(); // prettier-ignore
  for (const table of ['builder_masters', 'scheduler_masters', 'changesource_masters'])
    await tx.sql(table).where('masterid', me.id).delete();
  await tx.sql('masters').where('id', me.id).update({ active: 0 });
}

export const leavingTables: readonly string[] = [
  ...workTables,
  'connected_workers',
  'configured_workers',
  'builder_masters',
  'scheduler_masters',
  'changesource_masters',
];
