import { createHash } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { SchedulerConfig } from '../../src/lib/model/cluster-config.js';
import type { TimedConfig } from '../../src/lib/runtime/schedulers/rhythm.js';
import type { ChangeConfig } from '../../src/lib/runtime/schedulers/change-scheduler.js';
import { databaseFrom, type EngineName, type TestDatabase } from './database.js';
import { freeContext, openFor, rememberingLog, type FreeContext, type Said } from './service-context.js';

export const epoch = 1_800_000_000;

type Row = Record<string, unknown>;

const common = {
  builders: ['quick'],
  properties: {},
  reason: null,
  codebases: { '': { repository: '', branch: null, revision: null } },
};

export function changeConfig(wanted: Partial<ChangeConfig> = {}): ChangeConfig {
  const filter = { branches: null, repositories: null, projects: null, categories: null };
  return { ...common, name: 'on-commit', kind: 'any-branch', filter, importantFiles: null, onlyImportant: false, treeStableMs: null, ...wanted }; // prettier-ignore
}

export function periodicConfig(everyMs: number, wanted: Partial<SchedulerConfig> = {}): TimedConfig {
  return { ...common, name: 'hourly', kind: 'periodic', everyMs, ...wanted } as TimedConfig;
}

export function nightlyConfig(cron: string, timezone: string | null = 'UTC'): TimedConfig {
  return { ...common, name: 'by-night', kind: 'nightly', cron, timezone };
}

export const forceConfig: Extract<SchedulerConfig, { kind: 'force' }> = { ...common, name: 'press', kind: 'force', label: null }; // prettier-ignore

export const triggerConfig: Extract<SchedulerConfig, { kind: 'triggerable' }> = {
  ...common,
  name: 'downstream',
  kind: 'triggerable',
};

/** A database that Buildbot has left, with one scheduler more and changes up to 9, and a clock that the test sets. */
export interface Stage {
  readonly db: TestDatabase;
  readonly id: number;
  now: number;
  readonly said: Said[];
  /** What another master would have: a connection and a context of its own. */
  master(): Promise<FreeContext>;
}

export async function stage(t: ExecutionContext, engine: EngineName, name: string, version = '3.7.0'): Promise<Stage> {
  const db = await databaseFrom(engine, `${version}/killed`);
  t.teardown(() => db.close());
  const hash = createHash('sha1').update(name).digest('hex');
  const [known] = await db.query('SELECT id FROM schedulers WHERE name = ?', [name]);
  if (!known)
    await db.query('INSERT INTO schedulers (id, name, name_hash, enabled) VALUES (50, ?, ?, 1)', [name, hash]);
  for (let id = 2; id < 10; id++) await addChange(db, id, { stamp: 1 });
  const log = rememberingLog();
  const made: Stage = {
    db,
    id: Number(known?.['id'] ?? 50),
    now: epoch,
    said: log.said,
    master: async () => freeContext(await openFor(t, db), { id: made.id, name, now: () => made.now, log }),
  };
  return made;
}

export interface TestChange {
  readonly branch?: string | null;
  readonly codebase?: string;
  readonly repository?: string;
  readonly files?: readonly string[];
  readonly properties?: Readonly<Record<string, unknown>>;
  /** Not given: one of its own, `1000 + id`. */
  readonly stamp?: number;
}

/** The source stamps that come with changes. */
export const stampOf = (id: number) => 1000 + id;

export async function addChange(db: TestDatabase, id: number, change: TestChange = {}): Promise<void> {
  const { branch = 'main', codebase = '', repository = 'https://r', files = [], properties = {} } = change;
  const stamp = change.stamp ?? stampOf(id);
  if (change.stamp === undefined) {
    await db.query(
      `INSERT INTO sourcestamps (id, ss_hash, branch, revision, repository, codebase, project, created_at) VALUES (?, ?, ?, ?, ?, ?, '', ?)`,
      [stamp, `hash ${stamp}`, branch, `rev ${id}`, repository, codebase, epoch],
    );
  }
  await db.query(
    `INSERT INTO changes (changeid, author, comments, branch, revision, revlink, when_timestamp, category, repository, codebase, project, sourcestampid)
     VALUES (?, 'a', 'c', ?, ?, '', ?, NULL, ?, ?, '', ?)`,
    [id, branch, `rev ${id}`, epoch, repository, codebase, stamp],
  );
  for (const file of files) await db.query('INSERT INTO change_files (changeid, filename) VALUES (?, ?)', [id, file]);
  for (const [name, value] of Object.entries(properties))
    await db.query('INSERT INTO change_properties (changeid, property_name, property_value) VALUES (?, ?, ?)', [id, name, JSON.stringify([value, 'Change'])]); // prettier-ignore
}

/** What a scheduler has had built: of each buildset its source stamps, lowest first. */
export async function builtBy(db: TestDatabase, name: string): Promise<number[][]> {
  const rows = await db.query(
    `SELECT p.buildsetid AS id, s.sourcestampid AS stamp FROM buildset_properties p LEFT JOIN buildset_sourcestamps s ON s.buildsetid = p.buildsetid
     WHERE p.property_name = 'scheduler' AND p.property_value = ? ORDER BY p.buildsetid, s.sourcestampid`,
    [`["${name}", "Scheduler"]`],
  );
  const built = new Map<number, number[]>();
  for (const row of rows) built.set(Number(row['id']), [...(built.get(Number(row['id'])) ?? []), Number(row['stamp'])]);
  return [...built.values()];
}

export async function pendingOf(db: TestDatabase): Promise<[number, number][]> {
  const rows: Row[] = await db.query('SELECT changeid, important FROM scheduler_changes WHERE schedulerid = 50 ORDER BY changeid'); // prettier-ignore
  return rows.map((row) => [Number(row['changeid']), Number(row['important'])]);
}

/** As a Buildbot master would have made it, newer than all others. */
export async function addForeignBuildset(db: TestDatabase, name: string, stamps: readonly number[]): Promise<void> {
  await db.query(`INSERT INTO buildsets (reason, submitted_at, complete, results) VALUES ('r', ?, 0, -1)`, [epoch]);
  const [row] = await db.query('SELECT MAX(id) AS id FROM buildsets');
  const id = Number(row?.['id']);
  await db.query('INSERT INTO buildset_properties VALUES (?, ?, ?)', [id, 'scheduler', `["${name}", "Scheduler"]`]);
  for (const stamp of stamps)
    await db.query('INSERT INTO buildset_sourcestamps (buildsetid, sourcestampid) VALUES (?, ?)', [id, stamp]);
  await db.query('INSERT INTO buildrequests (buildsetid, builderid, submitted_at, complete, results) VALUES (?, 2, ?, 0, -1)', [id, epoch]); // prettier-ignore
}
