import type { Knex } from 'knex';
import { Failure } from '../../errors.js';
import { count, list, printable } from '../../model/names.js';
import type { Dialect } from '../dialect.js';
import { reservedNames, revisionTable } from './tables.js';
import type { Revision } from './tables.js';

/** What is there already where a database is to be made. */
export interface Occupancy {
  /** Buildbot's tables, or what is called like one of them. */
  readonly reserved: readonly string[];
  /** Another application's. */
  readonly others: readonly string[];
  /** As its tables tell it, also while they are made; `null`: they do not. */
  readonly revision: string | null;
}

/** What is to be made there. */
export interface Wanted {
  readonly revision: Revision;
  /** On MySQL. */
  readonly storageEngine: string | null;
  /** Also beside another application's tables. */
  readonly besideOthers: boolean;
}

export const nothingThere: Occupancy = { reserved: [], others: [], revision: null };

export async function readOccupancy(sql: Knex, dialect: Dialect): Promise<Occupancy> {
  const names = [...(await dialect.columns(sql)).keys()].sort();
  const reserved = names.filter((name) => reservedNames.has(name));
  const others = names.filter((name) => !reservedNames.has(name));
  return { reserved, others, revision: reserved.includes(revisionTable.name) ? await readRevision(sql) : null };
}

async function readRevision(sql: Knex): Promise<string | null> {
  const rows = await sql(revisionTable.name).select<{ version_num: string }[]>('version_num');
  return rows.length === 1 ? (rows[0]?.version_num ?? null) : null;
}

/**
 * Stands where the revision will be, while tables are made without a transaction: to Buildbot, and to whatever else
 * looks there, that is a database of an unknown revision, and no whole one.
 */
export function markOf({ revision, storageEngine }: Wanted): string {
  return `creating ${revision} ${storageEngine}`;
}

/** Has a run that was to make the same broken off there? What it made is whole, table by table. */
export function isUnfinished({ reserved, revision }: Occupancy, wanted: Wanted): boolean {
  if (wanted.storageEngine === null) return false;
  return revision === markOf(wanted) || (revision === null && reserved.join() === revisionTable.name);
}

/** Throws a `Failure` where something is in the way. */
export function verifyVacant(occupancy: Occupancy, wanted: Wanted, label: string): void {
  const { reserved, others } = occupancy;
  if (reserved.length > 0 && !isUnfinished(occupancy, wanted)) throw occupied(occupancy, label);
  if (others.length === 0 || wanted.besideOthers) return;
  throw new Failure('refused', `${label} has ${count(others.length, 'table')} of another application: ${list(others.map(printable))}.`, {
    try: 'Give Buildbot a database of its own; or, where they are to share one, use --force.',
  }); // prettier-ignore
}

function occupied({ reserved, revision }: Occupancy, label: string): Failure {
  const unfinished = /^creating (\w+) (\w+)$/.exec(revision ?? '');
  if (unfinished) {
    const [, begun, storageEngine] = unfinished;
    return new Failure('refused', `On ${label} a "bbctl db init" of revision ${begun}, on ${storageEngine}, broke off.`, {
      try: `Finish it with --revision ${begun} and storage_engine=${storageEngine} in the URL; or drop these tables first: ${reserved.join(', ')}.`,
    }); // prettier-ignore
  }
  const is = reserved.includes('masters') && revision !== null;
  const what = is ? `is a Buildbot database already, of revision ${printable(revision)}` : `has tables that are called like Buildbot's: ${list(reserved.map(printable))}`; // prettier-ignore
  return new Failure('refused', `${label} ${what}.`, {
    try: is
      ? 'It can be used as it is ("bbctl status"); "buildbot upgrade-master" brings it to the revision of a newer Buildbot.'
      : 'Give Buildbot a database of its own; or, if they are left of an attempt and nobody needs them, drop them first.',
  });
}
