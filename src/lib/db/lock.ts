import { randomUUID } from 'node:crypto';
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
  /** Is it still this one's? A server that was restarted has forgotten it: then it is taken anew, unless somebody was quicker. */
  keep(): Promise<boolean>;
  release(): Promise<void>;
}

/** `change`: while something is written. `upgrade`: for as long as one lasts; repairs go on beside it. */
export type LockScope = 'change' | 'upgrade';

/** `0x62626374` is "bbct". */
const postgresKey = 0x62626374;
const pollMs = 200;

interface Names {
  /** The second half of PostgreSQL's key. */
  readonly number: number;
  /** An expression of MySQL's. */
  readonly mysql: string;
  /** After the name of the database's file. */
  readonly suffix: string;
}

const scopes: Record<LockScope, Names> = {
  change: { number: 0, mysql: "concat('bbctl.', md5(database()))", suffix: '.bbctl-lock' },
  upgrade: { number: 1, mysql: "concat('bbctl.u.', md5(database()))", suffix: '.bbctl-upgrade-lock' },
};

/** Waits at most `waitMs`, then says who holds it. */
export async function takeLock(
  location: Location,
  purpose: string,
  waitMs: number,
  scope: LockScope = 'change',
): Promise<Lock> {
  const names = scopes[scope];
  const lock = location.engine === 'sqlite' ? sqliteLock(location, purpose, names) : await serverLock(location, purpose, names); // prettier-ignore
  for (const until = Date.now() + waitMs; ;) {
    if (await lock.tryTake()) return lock;
    if (Date.now() >= until) {
      const holder = await lock.holder();
      await lock.abandon();
      throw isTaken(scope, location.label, holder);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function isTaken(scope: LockScope, label: string, holder: string): Failure {
  if (scope === 'upgrade') {
    return new Failure('refused', `Another bbctl is upgrading ${label}: ${holder}.`, {
      try: 'Watch it there. Ctrl-C there ends the watching; "bbctl upgrade --resume" goes on with it.',
    });
  }
  return new Failure('timedOut', `Another bbctl is changing ${label}: ${holder}.`, {
    try: 'Let it end and run this again; nothing was changed.',
  });
}

interface TakeableLock extends Lock {
  tryTake(): Promise<boolean>;
  holder(): Promise<string>;
  abandon(): Promise<void>;
}

async function serverLock(
  location: Exclude<Location, SqliteLocation>,
  purpose: string,
  names: Names,
): Promise<TakeableLock> {
  const open = (): Promise<Knex> => openRaw(location, { access: 'read', timeoutMs: 10_000, purpose });
  // A connection of its own: the lock lives as long as this session, and a transaction's connection may be lost.
  const knex = await open();
  const close = (): Promise<void> => knex.destroy();
  const { begin, take, session, owner, holder } = location.engine === 'postgres' ? postgresStatements(names) : mysqlStatements(names); // prettier-ignore
  let taker: Value = null;
  const tryTake = async (): Promise<boolean> => {
    if (taker === null && begin !== null) await knex.raw(begin);
    if (!isYes(await valueOf(knex, take))) return false;
    taker = await valueOf(knex, session);
    return true;
  };
  // On another connection: what it says on its own would change since when it is silent, and open a new one where it is lost.
  const isMine = async (): Promise<boolean> => {
    const other = await open();
    return valueOf(other, owner)
      .then((one) => one !== null && String(one) === String(taker))
      .finally(() => other.destroy());
  };
  return {
    tryTake,
    keep: async () => (await isMine()) || tryTake(),
    holder: async () => {
      const text = await valueOf(knex, holder);
      return typeof text === 'string' ? text : 'it does not say who it is';
    },
    release: close,
    abandon: close,
  };
}

/** Each answers with one row, whose column is `value`. */
interface LockStatements {
  /** Before the first try. */
  readonly begin: string | null;
  readonly take: string;
  /** The number of this session … */
  readonly session: string;
  /** … and of the one that has the lock. */
  readonly owner: string;
  readonly holder: string;
}

/** When another user has connected is not everybody's to see. */
function postgresStatements({ number }: Names): LockStatements {
  const locks = `from pg_locks l join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'advisory' and l.classid = ${postgresKey} and l.objid = ${number} and l.granted
    and l.database = (select oid from pg_database where datname = current_database())`;
  return {
    begin: null,
    take: `select pg_try_advisory_lock(${postgresKey}, ${number}) as value`,
    session: 'select pg_backend_pid() as value',
    owner: `select l.pid as value ${locks}`,
    holder: `select a.application_name || coalesce(', connected since ' || to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC', '') as value ${locks}`,
  };
}

/** Of users only their own sessions are everybody's to see. Who has a lock has been silent since it took it. */
function mysqlStatements({ mysql }: Names): LockStatements {
  const owner = `is_used_lock(${mysql})`;
  const since = "date_format(utc_timestamp() - interval time second, '%Y-%m-%d %H:%i:%s')";
  return {
    // A session that is silent for eight hours is ended, else.
    begin: 'set session wait_timeout = 2147483',
    take: `select get_lock(${mysql}, 0) as value`,
    session: 'select connection_id() as value',
    owner: `select ${owner} as value`,
    holder: `select concat(user, '@', host, ', connection ', id, ', since ', ${since}, ' UTC') as value from information_schema.processlist where id = ${owner}`,
  };
}

type Value = string | number | boolean | null;

async function valueOf(knex: Knex, statement: string): Promise<Value> {
  const result: unknown = await knex.raw(statement);
  return (rowsOf(result)[0]?.['value'] ?? null) as Value;
}

function isYes(value: Value): boolean {
  return value === true || value === 1;
}

interface LockFile {
  readonly pid: number;
  readonly host: string;
  readonly user: string;
  readonly purpose: string;
  readonly since: string;
  /** Of this lock. */
  readonly key: string;
  /** Of the machine's start, since when process ids count; `null`: it does not say. */
  readonly boot?: string | null;
}

function sqliteLock(location: SqliteLocation, purpose: string, { suffix }: Names): TakeableLock {
  const file = `${location.file}${suffix}`;
  const key = randomUUID();
  const create = (): boolean => createLockFile(file, purpose, key);
  const remove = (): Promise<void> => Promise.resolve(rmSync(file, { force: true }));
  return {
    tryTake: () => Promise.resolve(create() || (isStale(file) && removeStale(file) && create())),
    keep: () => Promise.resolve(readLockFile(file)?.key === key || create()),
    holder: () => Promise.resolve(describeLockFile(file)),
    release: remove,
    abandon: () => Promise.resolve(),
  };
}

function createLockFile(file: string, purpose: string, key: string): boolean {
  const content: LockFile = {
    pid: process.pid,
    host: hostname(),
    user: userInfo().username,
    purpose,
    since: new Date().toISOString(),
    key,
    boot: bootOfMachine(),
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

/** Its process is gone from this machine, or that was started since. Of another machine's nothing can be told. */
function isStale(file: string): boolean {
  const lock = readLockFile(file);
  if (lock === null || lock.host !== hostname()) return false;
  if (lock.boot && lock.boot !== bootOfMachine()) return true;
  try {
    process.kill(lock.pid, 0);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'ESRCH';
  }
}

/** Linux has a name for it. */
function bootOfMachine(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
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
