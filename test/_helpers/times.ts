import type { Connection } from './engines/connection.js';

/** Every column of any Buildbot version that holds a point in time; not every version has every one. */
const TIME_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  buildrequest_claims: ['claimed_at'],
  buildrequests: ['submitted_at', 'complete_at'],
  builds: ['started_at', 'complete_at'],
  buildsets: ['submitted_at', 'complete_at'],
  changes: ['when_timestamp'],
  codebase_branches: ['last_timestamp'],
  codebase_commits: ['when_timestamp'],
  masters: ['last_active'],
  sourcestamps: ['created_at'],
  steps: ['started_at', 'locks_acquired_at', 'complete_at'],
};

/** Moves every point in time; what is open stays open, and a heartbeat of 0 (`upgrade-master` sets it) stays 0. */
export async function shiftTimes(db: Connection, seconds: number): Promise<void> {
  for (const [table, columns] of await timeColumns(db)) {
    const changes = columns.map((column) =>
      column === 'last_active'
        ? `${column} = CASE WHEN ${column} = 0 THEN 0 ELSE ${column} + (${seconds}) END`
        : `${column} = ${column} + (${seconds})`,
    );
    await db.query(`UPDATE ${table} SET ${changes.join(', ')}`);
  }
}

/** The last thing that happened, in epoch seconds; 0 in a database in which nothing did. */
export async function newestTime(db: Connection): Promise<number> {
  let newest = 0;
  for (const [table, columns] of await timeColumns(db)) {
    for (const column of columns) {
      const [row] = await db.query(`SELECT MAX(${column}) AS newest FROM ${table}`);
      newest = Math.max(newest, Number(row?.newest ?? 0));
    }
  }
  return newest;
}

/** Makes a recording look as if its last event had been that many seconds ago. */
export async function recordedSecondsAgo(db: Connection, seconds: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await shiftTimes(db, now - seconds - (await newestTime(db)));
}

async function timeColumns(db: Connection): Promise<[table: string, columns: string[]][]> {
  const found: [string, string[]][] = [];
  for (const [table, columns] of Object.entries(TIME_COLUMNS)) {
    const existing = await db.columns(table);
    const present = columns.filter((column) => existing.includes(column));
    if (present.length > 0) found.push([table, present]);
  }
  return found;
}
