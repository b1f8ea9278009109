import type { Connection } from '../engines/connection.js';
import type { Master } from './master.js';

/** All that is asked of a database here. */
export type Queryable = Pick<Connection, 'query'>;

export const RETRY = 5;
export const SUCCESS = 0;
const HEARTBEAT_SECONDS = 60;

export interface MasterRow {
  id: number;
  active: boolean;
  lastActive: number;
}

export interface BuildRow {
  id: number;
  masterId: number;
  /** null while it runs. */
  results: number | null;
}

const nullable = (value: unknown) => (value === null ? null : Number(value));

/** A master has no row before its first start. */
export async function findMaster(db: Queryable, master: Pick<Master, 'name'>): Promise<MasterRow | undefined> {
  const [row] = await db.query('SELECT id, active, last_active FROM masters WHERE name = ?', [master.name]);
  return row && { id: Number(row.id), active: Number(row.active) === 1, lastActive: Number(row.last_active) };
}

export async function readMaster(db: Queryable, master: Pick<Master, 'name'>): Promise<MasterRow> {
  const row = await findMaster(db, master);
  if (!row) throw new Error(`${master.name} has no row`);
  return row;
}

export async function readBuilds(db: Queryable, requestId: number): Promise<BuildRow[]> {
  const rows = await db.query('SELECT id, masterid, results FROM builds WHERE buildrequestid = ? ORDER BY id', [
    requestId,
  ]);
  return rows.map((row) => ({
    id: Number(row.id),
    masterId: Number(row.masterid),
    results: nullable(row.results),
  }));
}

/** The step waits at the gate: its build, step and log are open. */
export async function isStepRunning(db: Queryable, requestId: number): Promise<boolean> {
  const rows = await db.query(
    'SELECT l.id FROM builds b JOIN steps s ON s.buildid = b.id JOIN logs l ON l.stepid = s.id ' +
      'WHERE b.buildrequestid = ? AND s.started_at IS NOT NULL AND s.complete_at IS NULL',
    [requestId],
  );
  return rows.length > 0;
}

/** The worker sends the first of it five seconds after the start; from then on the build writes nothing. */
export async function hasOutput(db: Queryable, requestId: number): Promise<boolean> {
  const rows = await db.query(
    'SELECT l.id FROM builds b JOIN steps s ON s.buildid = b.id JOIN logs l ON l.stepid = s.id ' +
      'WHERE b.buildrequestid = ? AND l.num_lines > 0',
    [requestId],
  );
  return rows.length > 0;
}

/** null for an unclaimed one. */
export async function readClaim(db: Queryable, requestId: number): Promise<number | null> {
  const [row] = await db.query('SELECT masterid FROM buildrequest_claims WHERE brid = ?', [requestId]);
  return row ? Number(row.masterid) : null;
}

/** null while it is open. */
export async function readResults(db: Queryable, requestId: number): Promise<number | null> {
  const [row] = await db.query('SELECT complete, results FROM buildrequests WHERE id = ?', [requestId]);
  if (!row) throw new Error(`request ${requestId} has no row`);
  return Number(row.complete) === 1 ? Number(row.results) : null;
}

/** Schedulers and change sources that are held, and by which master. */
export async function readServices(db: Queryable): Promise<Record<string, number>> {
  const rows = await db.query(
    'SELECT s.name AS name, m.masterid AS masterid FROM scheduler_masters m JOIN schedulers s ON s.id = m.schedulerid ' +
      'UNION ALL ' +
      'SELECT c.name, m.masterid FROM changesource_masters m JOIN changesources c ON c.id = m.changesourceid',
  );
  return Object.fromEntries(rows.map((row) => [String(row.name), Number(row.masterid)]));
}

export async function countRegistrations(db: Queryable, masterId: number): Promise<number> {
  const [row] = await db.query(
    'SELECT (SELECT COUNT(*) FROM builder_masters WHERE masterid = ?) + ' +
      '(SELECT COUNT(*) FROM scheduler_masters WHERE masterid = ?) AS n',
    [masterId, masterId],
  );
  return Number(row?.n);
}

/** When the builder's requests were submitted, oldest first. */
export async function readSubmissions(db: Queryable, builder: string): Promise<{ id: number; at: number }[]> {
  const rows = await db.query(
    'SELECT r.id AS id, r.submitted_at AS submitted_at FROM buildrequests r JOIN builders b ON b.id = r.builderid ' +
      'WHERE b.name = ? ORDER BY r.id',
    [builder],
  );
  return rows.map((row) => ({ id: Number(row.id), at: Number(row.submitted_at) }));
}

export async function countOpenRequests(db: Queryable): Promise<number> {
  const [row] = await db.query('SELECT COUNT(*) AS n FROM buildrequests WHERE complete = 0');
  return Number(row?.n);
}

/** Of the requests that are complete, those that were not built exactly once; a build that ended in RETRY is none. */
export async function readNotBuiltOnce(db: Queryable): Promise<number[]> {
  const rows = await db.query(
    'SELECT r.id AS id FROM buildrequests r LEFT JOIN builds b ' +
      'ON b.buildrequestid = r.id AND (b.results IS NULL OR b.results <> 5) ' +
      'WHERE r.complete = 1 GROUP BY r.id HAVING COUNT(b.id) <> 1',
  );
  return rows.map((row) => Number(row.id));
}

/** As if a killed master had died earlier: moves all its signs of life into the past, instead of waiting. */
export async function age(db: Queryable, master: Pick<Master, 'name'>, seconds: number): Promise<void> {
  const { id } = await readMaster(db, master);
  const statements = [
    'UPDATE masters SET last_active = last_active - ? WHERE id = ?',
    'UPDATE buildrequest_claims SET claimed_at = claimed_at - ? WHERE masterid = ?',
    'UPDATE steps SET started_at = started_at - ? WHERE buildid IN (SELECT id FROM builds WHERE masterid = ?)',
    'UPDATE steps SET complete_at = complete_at - ? WHERE buildid IN (SELECT id FROM builds WHERE masterid = ?)',
    'UPDATE builds SET started_at = started_at - ? WHERE masterid = ?',
    'UPDATE builds SET complete_at = complete_at - ? WHERE masterid = ?',
  ];
  for (const sql of statements) await db.query(sql, [seconds, id]);
}

/** Buildbot beats every minute from its own start: with so much time left, nothing that it does can come between. */
export async function isFarFromBeat(db: Queryable, master: Pick<Master, 'name'>, seconds: number): Promise<boolean> {
  const { lastActive } = await readMaster(db, master);
  const silent = Date.now() / 1000 - lastActive;
  return silent < HEARTBEAT_SECONDS - seconds;
}
