import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Knex } from 'knex';
import { Failure } from '../errors.js';
import { rowsOf } from './dialect.js';
import { openRaw } from './connect.js';
import type { Location, SqliteLocation } from './url.js';

/**
 * One changing bbctl at a time. It is a courtesy between people (a pooler or Galera weakens it); what makes a change
 * correct is the conditions of its statements. A running master never takes it.
 */
export interface Lock {
  release(): Promise<void>;
}

/** `0x62626374` is "bbct". */
const postgresKey = 0x62626374;
const mysqlName = "concat('bbctl.', md5(database()))";
const pollMs = 200;

/** Waits at most `waitMs`, then says who holds it. */
export async function takeLock(location: Location, purpose: string, waitMs: number): Promise<Lock> {
  const lock = location.engine === 'sqlite' ? sqliteLock(location, purpose) : await serverLock(location, purpose);
  for (const until = Date.now() + waitMs; ;) {
    if (await lock.tryTake()) return lock;
    if (Date.now() >= until) {
      const holder = await lock.holder();
      await lock.abandon();
      throw new Failure('timedOut', `Another bbctl is changing ${location.label}: ${holder}.`, {
        try: 'Let it end and run this again; nothing was changed.',
      });
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

interface TakeableLock extends Lock {
  tryTake(): Promise<boolean>;
  holder(): Promise<string>;
  abandon(): Promise<void>;
}

async function serverLock(location: Exclude<Location, SqliteLocation>, purpose: string): Promise<TakeableLock> {
  // A connection of its own: the lock lives as long as this session, and a transaction's connection may be lost.
  const knex = await openRaw(location, { access: 'read', timeoutMs: 10_000, purpose });
  const close = (): Promise<void> => knex.destroy();
  if (location.engine === 'postgres') {
    return {
      tryTake: () => isTrue(knex, `select pg_try_advisory_lock(${postgresKey}, 0) as taken`),
      holder: () => describeHolder(knex, postgresHolder),
      release: close,
      abandon: close,
    };
  }
  return {
    tryTake: () => isTrue(knex, `select get_lock(${mysqlName}, 0) as taken`),
    holder: () => describeHolder(knex, mysqlHolder),
    release: close,
    abandon: close,
  };
}

async function isTrue(knex: Knex, statement: string): Promise<boolean> {
  const result: unknown = await knex.raw(statement);
  const taken = rowsOf(result)[0]?.['taken'];
  return taken === true || taken === 1;
}

/** When another user has connected is not everybody's to see; on MySQL nothing of it is. */
const postgresHolder = `select a.application_name || coalesce(', connected since ' || to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC', '') as holder
  from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.classid = ${postgresKey} and l.granted
    and l.database = (select oid from pg_database where datname = current_database())`;

const mysqlHolder = `select concat(user, '@', host, ', connection ', id) as holder from information_schema.processlist where id = is_used_lock(${mysqlName})`;

async function describeHolder(knex: Knex, statement: string): Promise<string> {
  const result: unknown = await knex.raw(statement);
  const holder = rowsOf(result)[0]?.['holder'];
  return typeof holder === 'string' ? holder : 'it does not say who it is';
}

interface LockFile {
  readonly pid: number;
  readonly host: string;
  readonly user: string;
  readonly purpose: string;
  readonly since: string;
}

function sqliteLock(location: SqliteLocation, purpose: string): TakeableLock {
  const file = `${location.file}.bbctl-lock`;
  const remove = (): Promise<void> => Promise.resolve(rmSync(file, { force: true }));
  return {
    tryTake: () =>
      Promise.resolve(
        createLockFile(file, purpose) || (isStale(file) && removeStale(file) && createLockFile(file, purpose)),
      ),
    holder: () => Promise.resolve(describeLockFile(file)),
    release: remove,
    abandon: () => Promise.resolve(),
  };
}

function createLockFile(file: string, purpose: string): boolean {
  const content: LockFile = {
    pid: process.pid,
    host: hostname(),
    user: userInfo().username,
    purpose,
    since: new Date().toISOString(),
  };
  // Written beside it and linked: whoever sees the file sees whose it is, also if this process ends in between.
  const written = `${file}.${process.pid}`;
  try {
    writeFileSync(written, JSON.stringify(content));
    linkSync(written, file);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'EEXIST') return false;
    throw new Failure('unreachable', `The lock file ${file} cannot be made: ${(error as Error).message}.`, {
      try: 'Run bbctl as the user that the masters run as; nothing was changed.',
      cause: error,
    });
  } finally {
    rmSync(written, { force: true });
  }
}

function readLockFile(file: string): LockFile | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LockFile;
  } catch {
    return null;
  }
}

/** Its process is gone from this machine. Of another machine's nothing can be told. */
function isStale(file: string): boolean {
  const lock = readLockFile(file);
  if (lock === null || lock.host !== hostname()) return false;
  try {
    process.kill(lock.pid, 0);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ESRCH';
  }
}

/** Moves it away first: of two who saw the same stale file only one can, and who moved a fresh one puts it back. */
function removeStale(file: string): boolean {
  const moved = `${file}.${process.pid}`;
  try {
    renameSync(file, moved);
    if (!isStale(moved)) linkSync(moved, file);
  } catch {
    // Somebody else was quicker; the next try sees what there is now.
  }
  rmSync(moved, { force: true });
  return true;
}

function describeLockFile(file: string): string {
  const lock = readLockFile(file);
  if (lock === null) return `see ${file}`;
  return `${lock.purpose} by ${lock.user}@${lock.host}, process ${lock.pid}, since ${lock.since} (${file})`;
}
