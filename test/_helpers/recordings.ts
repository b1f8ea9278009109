import type { ExecutionContext } from 'ava';
import { expected, type Engine, type Expected } from '../fixtures-expected.js';
import { databaseFrom, recordedSecondsAgo, shiftTimes, type EngineName, type TestDatabase } from './database.js';

/** The rows of a recording do not depend on what MariaDB stores them in. */
const recordedOn: Record<EngineName, Engine> = {
  sqlite: 'sqlite',
  postgres: 'postgres',
  myisam: 'mariadb',
  innodb: 'mariadb',
};

/** Every recording of this engine, at every hour at which it was judged by hand. */
export function looksOn(engine: EngineName): Expected[] {
  return expected.filter((look) => look.engine === recordedOn[engine]);
}

/** The latest look at a recording: an hour after, when no heart beats any more. */
export function lastLook(engine: EngineName, fixture: string): Expected {
  const look = looksOn(engine).findLast((one) => one.fixture === fixture);
  if (!look) throw new Error(`nothing is expected of ${fixture} on ${engine}`);
  return look;
}

/** `3.7.0/killed after 3600 s`. */
export function lookTitle(look: Expected): string {
  const first = expected.find(({ fixture, engine }) => fixture === look.fixture && engine === look.engine);
  return `${look.fixture} after ${look.now - (first?.now ?? look.now)} s`;
}

/** The recording as it would be found at that hour. */
export async function databaseAt(t: ExecutionContext, engine: EngineName, look: Expected): Promise<TestDatabase> {
  const db = await databaseFrom(engine, look.fixture);
  t.teardown(() => db.close());
  await shiftTimes(db, Math.floor(Date.now() / 1000) - look.now);
  return db;
}

/** The recording as if its last event had been that long ago. */
export async function databaseAged(
  t: ExecutionContext,
  engine: EngineName,
  fixture: string,
  seconds: number,
): Promise<TestDatabase> {
  const db = await databaseFrom(engine, fixture);
  t.teardown(() => db.close());
  await recordedSecondsAgo(db, seconds);
  return db;
}

const revisions: Readonly<Record<string, number | string>> = {
  '0.9.15.post1': 51,
  '2.10.5': 58,
  '3.7.0': '059',
  '4.3.0': '067',
};

/** Recordings of fresh databases are schema only; Buildbot itself writes the revision into them. */
export async function insertRevision(db: TestDatabase, fixture: string): Promise<void> {
  const revision = revisions[fixture.split('/')[0] ?? ''];
  if (typeof revision === 'string') await db.query('INSERT INTO alembic_version (version_num) VALUES (?)', [revision]);
  else
    await db.query('INSERT INTO migrate_version (repository_id, repository_path, version) VALUES (?, ?, ?)', [
      'Buildbot',
      '/usr/lib/buildbot/db/migrate',
      revision,
    ]);
}
