import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Knex } from 'knex';
import { Failure } from '../errors.js';
import { openRaw } from './connect.js';
import type { OpenOptions } from './connect.js';
import { defaultStorageEngine } from './creation/ddl.js';
import { makeTables } from './creation/make-tables.js';
import { isUnfinished, nothingThere, readOccupancy, verifyVacant } from './creation/occupancy.js';
import type { Occupancy, Wanted } from './creation/occupancy.js';
import { newestRevision, tablesOf } from './creation/tables.js';
import type { Revision } from './creation/tables.js';
import { buildbotOf } from '../model/schema-steps.js';
import { dialectOf } from './dialect.js';
import { translateError } from './driver-errors.js';
import { takeLock } from './lock.js';
import type { Location } from './url.js';

export interface CreateOptions {
  /** None: the newest. */
  readonly revision?: Revision;
  /** Storage engine of the tables on MySQL; none: as the URL says, else InnoDB. */
  readonly engine?: string;
  /** Also beside tables of another application. */
  readonly besideOthers?: boolean;
  /** The longest a statement may take. */
  readonly timeoutMs?: number;
}

/** What `createDatabase` will do, or has done. */
export interface Creation {
  readonly revision: Revision;
  /** The versions that have it: `3.4 to 3.8`. */
  readonly buildbot: string;
  readonly tables: number;
  /** On MySQL. */
  readonly storageEngine: string | null;
  /** A run that broke off had made some of it. */
  readonly isResumed: boolean;
  /** Another application's tables there. */
  readonly others: readonly string[];
}

/** What would be done there; throws a `Failure` where something is in the way. Makes nothing, no file either. */
export async function planDatabase(location: Location, options: CreateOptions = {}): Promise<Creation> {
  return planned(await look(location, options), wantedOf(location, options), location);
}

/**
 * Makes Buildbot's tables, as Buildbot itself does, in a database that has none of them; on SQLite the file, too. All of
 * it or nothing, but on MySQL: there the same call goes on where one broke off. Throws a `Failure` where something is in
 * the way, also when somebody else has made them meanwhile.
 */
export async function createDatabase(location: Location, options: CreateOptions = {}): Promise<Creation> {
  const wanted = wantedOf(location, options);
  verifyDirectory(location);
  const lock = await takeLock(location, 'db init', 5000);
  try {
    const there = await look(location, options);
    const creation = planned(there, wanted, location);
    await connected(location, { ...openOptions(options), access: 'write', makesFile: true }, (sql) =>
      makeTables(sql, location.engine, { ...wanted, there }),
    );
    return creation;
  } finally {
    await lock.release();
  }
}

function wantedOf(location: Location, { revision, engine, besideOthers }: CreateOptions): Wanted {
  const storageEngine = location.engine === 'mysql' ? (engine ?? location.storageEngine ?? defaultStorageEngine) : null;
  return { revision: revision ?? newestRevision, storageEngine, besideOthers: besideOthers ?? false };
}

function openOptions({ timeoutMs = 30_000 }: CreateOptions): OpenOptions {
  return { access: 'read', timeoutMs, purpose: 'db init' };
}

function planned(occupancy: Occupancy, wanted: Wanted, { label }: Location): Creation {
  verifyVacant(occupancy, wanted, label);
  const { revision, storageEngine } = wanted;
  return {
    revision,
    buildbot: buildbotOf(revision),
    tables: tablesOf(revision).length + 1,
    storageEngine,
    isResumed: isUnfinished(occupancy, wanted),
    others: occupancy.others,
  };
}

async function look(location: Location, options: CreateOptions): Promise<Occupancy> {
  verifyDirectory(location);
  if (location.engine === 'sqlite' && !existsSync(location.file)) return nothingThere;
  const opening = openOptions(options);
  return connected(location, opening, async (sql) =>
    readOccupancy(sql, await dialectOf(location.engine, sql, opening)),
  );
}

function verifyDirectory(location: Location): void {
  if (location.engine !== 'sqlite' || existsSync(path.dirname(location.file))) return;
  throw new Failure('unreachable', `There is no directory ${path.dirname(location.file)} for the database.`, {
    try: 'Make it, as the user that the masters will run as; or check --db: four slashes are followed by an absolute path.',
  });
}

async function connected<T>(location: Location, options: OpenOptions, work: (sql: Knex) => Promise<T>): Promise<T> {
  const sql = await openRaw(location, options);
  try {
    return await work(sql);
  } catch (error) {
    throw translateError(error, location);
  } finally {
    await sql.destroy();
  }
}
