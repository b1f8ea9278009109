// Recordings brought into the state that a test of a change begins with.
import type { ExecutionContext } from 'ava';
import { diffDumps, type Difference, type Dump, type EngineName, type TestDatabase } from './database.js';
import { databaseAged } from './recordings.js';

/** One master, killed in the middle of a build so long ago that it is dead. */
export function deadMaster(t: ExecutionContext, engine: EngineName): Promise<TestDatabase> {
  return databaseAged(t, engine, '3.7.0/killed', 700);
}

export const otherMaster = 2;

/** Another master, whose heart beats. */
export async function addLivingMaster(db: TestDatabase): Promise<void> {
  await db.query('INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (?, ?, ?, ?, ?)', [
    otherMaster,
    'host2:/srv/bb/other',
    '0123456789012345678901234567890123456789',
    1,
    epochSeconds(),
  ]);
}

/** What a living master has for the builder of a stuck request. */
export interface Survivor {
  readonly builder: { readonly id: number; readonly name: string };
  /** `workers.id`; another one is paused. */
  readonly free: number;
}

/** Another master, whose heart beats, that configures the builder of this request and has two workers for it. */
export async function addSurvivor(db: TestDatabase, requestId: number): Promise<Survivor> {
  await addLivingMaster(db);
  const [row] = await db.query('SELECT b.id, b.name FROM builders b JOIN buildrequests r ON r.builderid = b.id WHERE r.id = ?', [requestId]);
  const builder = { id: Number(row?.id), name: String(row?.name) };
  await db.query('INSERT INTO builder_masters (id, builderid, masterid) VALUES (900, ?, ?)', [builder.id, otherMaster]);
  for (const [id, paused] of [[900, 1], [901, 0]] as const) {
    await db.query(`INSERT INTO workers (id, name, info, paused, graceful) VALUES (?, ?, '{}', ?, 0)`, [id, `w${id}`, paused]);
    await db.query('INSERT INTO configured_workers (id, buildermasterid, workerid) VALUES (?, 900, ?)', [id, id]);
    await db.query('INSERT INTO connected_workers (id, masterid, workerid) VALUES (?, ?, ?)', [id, otherMaster, id]);
  }
  return { builder, free: 901 };
} // prettier-ignore

export async function heartbeat(db: TestDatabase, master = 1): Promise<void> {
  await db.query('UPDATE masters SET active = 1, last_active = ? WHERE id = ?', [epochSeconds(), master]);
}

export function epochSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** The one open request that the dead master had claimed. */
export async function stuckRequest(db: TestDatabase): Promise<number> {
  const [row] = await db.query(
    'SELECT c.brid FROM buildrequest_claims c JOIN buildrequests r ON r.id = c.brid WHERE r.complete = 0',
  );
  return Number(row?.brid);
}

export async function idOf(db: TestDatabase, table: string, name: string): Promise<number> {
  const [row] = await db.query(`SELECT id FROM ${table} WHERE name = ?`, [name]);
  return Number(row?.id);
}

/** Columns whose value is the time of the repair. */
const timesOfRepair = ['complete_at'];

/** What differs between two databases that were repaired at different times. */
export function diffButForTimes(one: Dump, other: Dump): Difference[] {
  return diffDumps(one, other).filter(
    ({ before, after }) =>
      !before || !after || Object.keys(before).some((column) => !timesOfRepair.includes(column) || before[column] === null || after[column] === null), // prettier-ignore
  );
}

/** Makes the database what it was when the dump was taken; tables of plain values only. */
export async function restore(db: TestDatabase, dump: Dump): Promise<void> {
  const isPostgres = db.engine === 'postgres';
  if (isPostgres) await db.exec('SET session_replication_role = replica');
  for (const difference of diffDumps(await db.dump(), dump)) await apply(db, difference);
  if (isPostgres) await db.exec('SET session_replication_role = DEFAULT');
}

async function apply(db: TestDatabase, { table, key, before, after }: Difference): Promise<void> {
  const where = Object.keys(key).map((column) => `${column} = ?`).join(' AND '); // prettier-ignore
  if (after && before) {
    const set = Object.keys(after).map((column) => `${column} = ?`).join(', '); // prettier-ignore
    await db.query(`UPDATE ${table} SET ${set} WHERE ${where}`, [...Object.values(after), ...Object.values(key)]);
  } else if (after) {
    const columns = Object.keys(after);
    await db.query(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      Object.values(after),
    );
  } else await db.query(`DELETE FROM ${table} WHERE ${where}`, Object.values(key));
}
