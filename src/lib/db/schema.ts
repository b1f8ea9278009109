import type { Knex } from 'knex';
import { Failure } from '../errors.js';
import { count } from '../model/names.js';
import { buildbotOf, milestones, nameOfMilestone, newestRevision, oldestRevision } from '../model/schema-steps.js';
import type { OpenOptions } from './connect.js';
import { isMark } from './creation/mark.js';
import type { Dialect, Reference } from './dialect.js';

/** What was found by probing; statements ask `has`, never the revision. */
export interface Schema {
  readonly revision: string;
  /** The Buildbot versions that write this revision: `3.4 to 3.8`. */
  readonly buildbot: string;
  readonly unknownRevision: boolean;
  readonly withoutTransactions: readonly string[];
  has(table: string, column?: string): boolean;
  /** Does the database itself delete the rows that name a deleted row of the parent there? Only asked where it is written. */
  cascades(reference: Reference): boolean;
}

/** What bbctl reads or writes in every version. */
const required = [
  'masters', 'builders', 'builder_masters', 'workers', 'configured_workers', 'connected_workers', 'schedulers',
  'scheduler_masters', 'changesources', 'changesource_masters', 'buildsets', 'buildrequests', 'buildrequest_claims',
  'builds', 'steps', 'logs', 'objects', 'object_state',
]; // prettier-ignore

export async function readSchema(
  sql: Knex,
  dialect: Dialect,
  label: string,
  access: OpenOptions['access'],
): Promise<Schema> {
  const columns = await dialect.columns(sql);
  const revision = await readRevision(sql, columns, label);
  if (isMark(revision)) {
    throw new Failure('schema', `${label} is not finished: a "bbctl db init" broke off there, or is at work.`, {
      try: 'Run "bbctl db init" again: it goes on where it broke off.',
    });
  }
  const missing = required.filter((table) => !columns.has(table));
  if (missing.length > 0) {
    throw new Failure(
      'schema',
      `${label} says that it is a Buildbot database of revision ${revision}, but has no table ${missing.join(', ')}.`,
      {
        try: 'Was an upgrade interrupted? Finish it with "buildbot upgrade-master". Or may this user not see it? "bbctl grants read" prints the rights.',
      },
    );
  }
  const number = Number(revision);
  const nameOf = ({ table, column, parent }: Reference): string => `${table}.${column} ${parent}`;
  const cascades = new Set(access === 'write' ? (await dialect.cascades(sql)).map(nameOf) : []);
  return {
    revision,
    buildbot: buildbotOf(revision),
    unknownRevision: !(number <= newestRevision),
    withoutTransactions: await dialect.tablesWithoutTransactions(sql),
    has: (table, column) => (column === undefined ? columns.has(table) : (columns.get(table)?.has(column) ?? false)),
    cascades: (reference) => cascades.has(nameOf(reference)),
  };
}

async function readRevision(sql: Knex, columns: Map<string, Set<string>>, label: string): Promise<string> {
  if (columns.size === 0) {
    throw new Failure('schema', `${label} is empty.`, {
      try: 'Is it the right database, and may this user see its tables? "bbctl db init" or "buildbot upgrade-master" makes them; "bbctl grants read" prints the rights to see them.',
    });
  }
  if (columns.has('alembic_version') && (columns.has('masters') || columns.has('buildrequests')))
    return revisionOf(sql, 'alembic_version', 'version_num', label);
  if (columns.has('migrate_version') && columns.has('masters')) return migrateRevision(sql, label);
  if (columns.has('buildrequests') && (columns.has('version') || columns.has('migrate_version')))
    throw tooOld(label, '0.8');
  throw new Failure(
    'schema',
    `${label} is not a Buildbot database: it has ${count(columns.size, 'table')}, but none that tells a revision.`,
    {
      try: 'Check the database name in --db.',
    },
  );
}

async function revisionOf(sql: Knex, table: string, column: string, label: string): Promise<string> {
  const rows = await sql(table).select<Record<string, string | number>[]>(column);
  if (rows.length !== 1) {
    throw new Failure('schema', `${label} has ${rows.length} rows in ${table}; one was expected.`, {
      try: 'Was an upgrade interrupted? Finish it with "buildbot upgrade-master".',
    });
  }
  return String(rows[0]?.[column]);
}

async function migrateRevision(sql: Knex, label: string): Promise<string> {
  const revision = await revisionOf(sql, 'migrate_version', 'version', label);
  if (Number(revision) < oldestRevision) throw tooOld(label, `revision ${revision}`);
  return revision;
}

function tooOld(label: string, what: string): Failure {
  return new Failure('schema', `${label} is a database of a Buildbot before 0.9.0 (${what}), which had no clusters.`, {
    try: 'bbctl knows Buildbot 0.9.0 to 4.3.',
  });
}

/** Where the tables do not fit the revision: `builders.projectid is missing`. */
export function schemaDrift(schema: Schema): string[] {
  const revision = Number(schema.revision);
  return milestones.flatMap((milestone) => {
    const { from, to, table, column } = milestone;
    const isThere = schema.has(table, column ?? undefined);
    if (revision >= to && !isThere) return [`${nameOfMilestone(milestone)} is missing`];
    return revision < from && isThere ? [`${nameOfMilestone(milestone)} is there already`] : [];
  });
}
