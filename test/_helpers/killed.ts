import type { ExecutionContext } from 'ava';
import type { EngineName, TestDatabase } from './database.js';
import { databaseAged, lastLook } from './recordings.js';

/** One master, killed in a build: 3.7.0/killed, which every engine has. Ids differ between the engines. */
export interface Killed {
  db: TestDatabase;
  /** masters.id */
  master: 1;
  name: string;
  /** Claimed, and being built by `build`; `pending` is of the same buildset. */
  claimed: number;
  pending: number;
  buildset: number;
  build: number;
  step: number;
  log: number;
  schedulers: number[];
  changesources: number[];
}

export async function killedMaster(t: ExecutionContext, engine: EngineName, secondsAgo: number): Promise<Killed> {
  const fixture = '3.7.0/killed';
  const look = lastLook(engine, fixture);
  const db = await databaseAged(t, engine, fixture, secondsAgo);
  const claimed = only(look.stuckRequests);
  const [request] = await db.query('SELECT buildsetid FROM buildrequests WHERE id = ?', [claimed]);
  return {
    db,
    master: 1,
    name: look.masters[0]?.name ?? '',
    claimed,
    pending: only(look.openRequests.filter((id) => id !== claimed)),
    buildset: Number(request?.buildsetid),
    build: only(look.openBuilds),
    step: only(look.openSteps),
    log: only(look.openLogs),
    schedulers: look.expire.schedulerMasters,
    changesources: look.expire.changesourceMasters,
  };
}

function only(ids: readonly number[]): number {
  const [id] = ids;
  if (id === undefined || ids.length > 1) throw new Error(`one id was expected, not ${ids.join(', ') || 'none'}`);
  return id;
}

const registrations = ['configured_workers', 'builder_masters', 'scheduler_masters', 'changesource_masters'];

/** What a survivor's housekeeping removes; with `active = 0` the master is `unclean` then. */
export async function unregister(db: TestDatabase): Promise<void> {
  for (const table of registrations) await db.exec(`DELETE FROM ${table}`);
}

export async function makeInactive(db: TestDatabase): Promise<void> {
  await db.exec('UPDATE masters SET active = 0');
}

export async function makeUnclean(db: TestDatabase): Promise<void> {
  await unregister(db);
  await makeInactive(db);
}

/** Removes the masters' rows and nothing else; the recordings have foreign keys on PostgreSQL only. */
export async function removeMasterRows(db: TestDatabase): Promise<void> {
  await withoutCascades(db, 'DELETE FROM masters');
}

export async function withoutCascades(db: TestDatabase, sql: string): Promise<void> {
  if (db.engine !== 'postgres') return db.exec(sql);
  await db.exec(`SET session_replication_role = replica; ${sql}; SET session_replication_role = DEFAULT`);
}

export async function beatHeart(db: TestDatabase): Promise<void> {
  await db.query('UPDATE masters SET active = 1, last_active = ?', [now()]);
}

/** Epoch seconds; the servers of the tests have the same clock. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
