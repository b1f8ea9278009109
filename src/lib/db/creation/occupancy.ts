import type { Knex } from 'knex';
import { Failure } from '../../errors.js';
import { count, list, printable } from '../../model/names.js';
import type { Dialect } from '../dialect.js';
import { makingOf, markOf } from './mark.js';
import type { Making } from './mark.js';
import { reservedNames, revisionTable } from './tables.js';
import type { Revision } from './tables.js';

/** What is there already where a database is to be made. */
export interface Occupancy {
  /** Buildbot's tables, or what is called like one of them. */
  readonly reserved: readonly string[];
  /** Another application's. */
  readonly others: readonly string[];
  /** What stands in the table for it: `''` where that is empty, `null` where it is missing or tells several. */
  readonly revision: string | null;
}

/** What is to be made there. */
export interface Wanted extends Making {
  readonly revision: Revision;
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
  return rows.length > 1 ? null : (rows[0]?.version_num ?? '');
}

/** Has a run that was to make the same broken off there? What it made is whole, table by table. */
export function isUnfinished({ reserved, revision }: Occupancy, wanted: Wanted): boolean {
  if (wanted.storageEngine === null) return false;
  return revision === markOf(wanted) || (revision === '' && reserved.join() === revisionTable.name);
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
  const making = makingOf(revision ?? '');
  if (making) {
    return new Failure('refused', `On ${label} a "bbctl db init" of revision ${making.revision}, on ${making.storageEngine}, broke off.`, {
      try: `Finish it with --revision ${making.revision} and storage_engine=${making.storageEngine} in the URL; or drop these tables first: ${reserved.join(', ')}.`,
    }); // prettier-ignore
  }
  if (!revision || !reserved.includes('masters')) {
    return new Failure('refused', `${label} has tables that are called like Buildbot's: ${list(reserved.map(printable))}.`, {
      try: 'Give Buildbot a database of its own; or, if they are left of an attempt and nobody needs them, drop them first.',
    }); // prettier-ignore
  }
  return new Failure('refused', `${label} is a Buildbot database already, of revision ${printable(revision)}.`, {
    try: 'It can be used as it is ("bbctl status"); "buildbot upgrade-master" brings it to the revision of a newer Buildbot.',
  });
}
