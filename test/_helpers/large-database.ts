// A cluster with a history, in which a plan that scans differs from one that does not.
import type { ExecutionContext } from 'ava';
import { epochSeconds } from './clusters.js';
import { databaseFrom, type EngineName, type TestDatabase } from './database.js';
import { insertRevision } from './recordings.js';

export const finished = 20_000;
const open = 60;
const running = 40;
const masters = 20;
const builders = 200;
const workers = 100;
const schedulers = 40;
/** The last one: its heart does not beat any more. Half of all builds are its, which may look like a scan's worth. */
export const silentMaster = masters;
const masterOf = `CASE i % 2 WHEN 0 THEN ${silentMaster} ELSE 1 + i % 19 END`;

type Columns = Record<string, string | number>;

/** All engines have it, whatever else they can count with. */
function numbersTo(count: number): string {
  const digits = `(${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => `SELECT ${digit} AS d`).join(' UNION ALL ')})`;
  const places = Array.from({ length: String(count).length }, (_, place) => place);
  const sum = places.map((place) => `${10 ** place} * t${place}.d`).join(' + ');
  const tables = places.map((place) => `${digits} AS t${place}`).join(' CROSS JOIN ');
  return `(SELECT 1 + ${sum} AS i FROM ${tables}) AS n WHERE i <= ${count}`;
}

function insert(table: string, count: number, columns: Columns): string {
  return `INSERT INTO ${table} (${Object.keys(columns).join(', ')}) SELECT ${Object.values(columns).join(', ')} FROM ${numbersTo(count)}`;
}

const named = (name: string): Columns => ({
  id: 'i',
  name: `concat('${name}-', i)`,
  name_hash: `concat('${name}-', i)`,
});

function clusterStatements(now: number): string[] {
  const lastActive = `CASE i WHEN ${silentMaster} THEN ${now - 3600} ELSE ${now} END`;
  const registrations = (masters - 1) * builders;
  return [
    insert('masters', masters, { ...named('master'), active: 1, last_active: lastActive }),
    insert('builders', builders, named('builder')),
    insert('workers', workers, { id: 'i', name: `concat('worker-', i)`, info: `'{}'`, paused: 0, graceful: 0 }),
    insert('schedulers', schedulers, { ...named('scheduler'), enabled: 1 }),
    insert('changesources', schedulers, named('poller')),
    insert('scheduler_masters', schedulers, { schedulerid: 'i', masterid: `1 + i % ${masters}` }),
    insert('changesource_masters', schedulers, { changesourceid: 'i', masterid: `1 + i % ${masters}` }),
    // 200 and 19 have no common divisor, so that every master but the silent one meets every builder once.
    insert('builder_masters', registrations, {
      id: 'i',
      builderid: `1 + i % ${builders}`,
      masterid: `1 + i % ${masters - 1}`,
    }),
    insert('builder_masters', builders, { id: `${registrations} + i`, builderid: 'i', masterid: silentMaster }),
    insert('configured_workers', registrations, { id: 'i', buildermasterid: 'i', workerid: `1 + i % ${workers}` }),
    insert('connected_workers', workers, { id: 'i', masterid: `1 + i % ${masters}`, workerid: 'i' }),
  ];
}

interface Builds {
  readonly count: number;
  /** The first of them, as of their requests and their buildsets. */
  readonly first: number;
  readonly at: string;
  readonly isOpen: boolean;
}

function requestStatements({ count, first, at, isOpen }: Builds): string[] {
  const id = `${first - 1} + i`;
  const outcome = isOpen
    ? { complete: 0, complete_at: 'NULL', results: -1 }
    : { complete: 1, complete_at: `${at} + 60`, results: 0 };
  const place = { id, buildsetid: id, builderid: `1 + i % ${builders}`, priority: 0, waited_for: 0 };
  const property = {
    property_name: `'scheduler'`,
    property_value: `concat('["scheduler-', 1 + i % ${schedulers}, '", "Scheduler"]')`,
  };
  return [
    insert('buildsets', count, { id, submitted_at: at, ...outcome }),
    insert('buildset_properties', count, { buildsetid: id, ...property }),
    insert('buildset_properties', count, {
      buildsetid: id,
      property_name: `'owner'`,
      property_value: `'["me", "Force"]'`,
    }),
    insert('buildset_sourcestamps', count, { id, buildsetid: id, sourcestampid: 1 }),
    insert('buildrequests', count, { ...place, submitted_at: at, ...outcome }),
  ];
}

function buildStatements({ count, first, at, isOpen }: Builds): string[] {
  const id = `${first - 1} + i`;
  const outcome = isOpen ? { complete_at: 'NULL', results: 'NULL' } : { complete_at: `${at} + 60`, results: 0 };
  const master = { masterid: masterOf };
  const place = { id, number: id, builderid: `1 + i % ${builders}`, workerid: `1 + i % ${workers}`, ...master };
  const step = (number: number): Columns => ({
    ...{ id: `3 * (${id}) + ${number - 3}`, number: number - 1, buildid: id, name: `'step-${number}'`, hidden: 0 },
    ...{ state_string: `'runs'`, urls_json: `'[]'`, started_at: at, ...outcome },
  });
  const log = { id, name: `'stdio'`, slug: `'stdio'`, stepid: `3 * (${id})`, complete: isOpen ? 0 : 1 };
  return [
    insert('buildrequest_claims', count, { brid: id, ...master, claimed_at: at }),
    insert('builds', count, { ...place, buildrequestid: id, state_string: `'runs'`, started_at: at, ...outcome }),
    ...[1, 2, 3].map((number) => insert('steps', count, step(number))),
    insert('logs', count, { ...log, num_lines: 1, type: `'s'` }),
    insert('logchunks', count, { logid: id, first_line: 0, last_line: 0, content: `'o a line'`, compressed: 0 }),
  ];
}

function historyStatements(now: number): string[] {
  const stamp = { id: 1, ss_hash: `'x'`, repository: `''`, codebase: `''`, project: `''`, created_at: now };
  const past = { count: finished, first: 1, at: `${now - 100 * finished} + 90 * i`, isOpen: false };
  const present = { first: finished + 1, at: `${now - 7200}`, isOpen: true };
  return [
    // As an upgrade adds it: what is read of it must be cheap in a table that was large before.
    'ALTER TABLE steps ADD COLUMN locks_acquired_at INTEGER',
    insert('sourcestamps', 1, stamp),
    ...requestStatements(past),
    ...buildStatements(past),
    ...requestStatements({ ...present, count: open }),
    ...buildStatements({ ...present, count: running }),
    // A build that triggers another one, and open builds under requests that are complete.
    `UPDATE buildsets SET parent_buildid = ${finished + 1} WHERE id > ${finished + open - 5}`,
    `UPDATE builds SET complete_at = NULL, results = NULL WHERE id IN (2, 4)`,
  ];
}

/** 20,000 finished builds with 60,000 steps, a few dozen open requests and running builds, one silent master. */
export async function largeDatabase(t: ExecutionContext, engine: EngineName): Promise<TestDatabase> {
  const db = await databaseFrom(engine, '3.7.0/fresh');
  t.teardown(() => db.close());
  await insertRevision(db, '3.7.0/fresh');
  const now = epochSeconds();
  await db.exec('BEGIN');
  for (const statement of [...clusterStatements(now), ...historyStatements(now)]) await db.exec(statement);
  await db.exec('COMMIT');
  return db;
}

/** Up-to-date statistics for the planner. */
export async function analyze(db: TestDatabase): Promise<void> {
  const tables = (await db.tables()).map((table) => db.quote(table)).join(', ');
  await db.exec(db.url.startsWith('mysql') ? `ANALYZE TABLE ${tables}` : 'ANALYZE');
}

/** Those of a time when everything was open. */
export async function analyzeAsOpen(db: TestDatabase): Promise<void> {
  const past = `id <= ${finished}`;
  await db.exec(`UPDATE buildrequests SET complete = 0 WHERE ${past}`);
  await analyze(db);
  await db.exec(`UPDATE buildrequests SET complete = 1 WHERE ${past}`);
}
