import { pythonJson } from '../model/python-json.js';
import { revlink } from '../model/revlink.js';
import { addRow } from './add-row.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';
import { findOrAddSourceStamp, type SourceStamp } from './source-stamps.js';
import { storableText } from './storable-text.js';
import { findOrAddUser, userTables } from './users.js';

/** What whoever adds changes names as the tables of its transaction. */
export const changeTables: readonly string[] = [
  ...['changes', 'change_files', 'change_properties', 'change_users', 'sourcestamps'],
  ...userTables,
];

/** What changed, and where: a commit on a branch. */
export interface NewChange extends SourceStamp {
  readonly revision: string;
  readonly author: string;
  readonly committer: string;
  readonly comments: string;
  readonly files: readonly string[];
  /** When it was made; epoch seconds. */
  readonly when: number;
  readonly category: string | null;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly vcs: 'git';
}

const longest = { author: 255, committer: 255, revlink: 256, filename: 1024 };
/** Of the columns for times. */
const latest = 2 ** 31 - 1;

/**
 * Writes a change as Buildbot does, and gives its `changeid`. What is longer than its column is cut: a commit that cannot
 * be written as it is must not keep all later ones from being written. `now` is epoch seconds.
 */
export async function addChange(tx: Transaction, change: NewChange, now: number): Promise<number> {
  const stamp = await stampOf(tx, change);
  const uid = await findOrAddUser(tx, await storableText(tx, change.author), change.vcs);
  const sourcestampid = await findOrAddSourceStamp(tx, stamp, now);
  const parent = await newestChange(tx, stamp);
  const row = { ...(await rowOf(tx, change)), ...stamp, sourcestampid, parent_changeids: parent };
  const changeId = await addRow(tx, 'changes', 'changeid', row);
  await addParts(tx, changeId, uid, change);
  return changeId;
}

/**
 * Writes again what hangs on a change that is there: without transactions (MyISAM) a master that was killed may have
 * written the change alone.
 */
export async function mendChange(tx: Transaction, changeId: number, change: NewChange): Promise<void> {
  for (const table of ['change_files', 'change_properties', 'change_users']) {
    await tx.sql(table).where('changeid', changeId).delete();
  }
  await addParts(tx, changeId, await findOrAddUser(tx, await storableText(tx, change.author), change.vcs), change);
}

/** 0 where there is none. */
export async function newestChangeId(tx: Transaction): Promise<number> {
  const row = await tx.sql('changes').orderBy('changeid', 'desc').first<{ changeid: number } | undefined>('changeid');
  return row?.changeid ?? 0;
}

type Place = Pick<SourceStamp, 'repository' | 'project' | 'codebase'>;

/** The changes of a repository that are newer than this one. */
export async function changesSince(
  tx: Transaction,
  changeId: number,
  { repository, project, codebase }: Place,
): Promise<{ changeId: number; branch: string | null; revision: string | null }[]> {
  const place = { repository, project, codebase };
  const rows = await tx
    .sql('changes')
    .where('changeid', '>', changeId)
    .where(place)
    .select<{ changeid: number; branch: string | null; revision: string | null }[]>('changeid', 'branch', 'revision');
  return rows.map(({ changeid, ...row }) => ({ changeId: changeid, ...row }));
}

/** What the newest changes of a repository were about, the newest first. */
export async function newestRevisions(tx: Transaction, place: Place, most: number): Promise<string[]> {
  const { repository, project, codebase } = place;
  const rows = await tx
    .sql('changes')
    .where({ repository, project, codebase })
    .orderBy('changeid', 'desc')
    .limit(most)
    .select<{ revision: string | null }[]>('revision');
  return rows.flatMap(({ revision }) => (revision === null ? [] : [revision]));
}

async function stampOf(tx: Transaction, change: NewChange): Promise<SourceStamp> {
  const { branch, revision, repository, project, codebase } = change;
  return { branch: branch === null ? null : await storableText(tx, branch), revision, repository, project, codebase };
}

/** The parent of a change is the one that was added before it on the same branch, whatever git says. */
async function newestChange(tx: Transaction, stamp: SourceStamp): Promise<number | null> {
  const { branch, repository, project, codebase } = stamp;
  const same = tx.sql('changes').where({ branch, repository, project, codebase });
  const row = await same.orderBy('changeid', 'desc').first<{ changeid: number } | undefined>('changeid');
  return row?.changeid ?? null;
}

async function rowOf(tx: Transaction, change: NewChange): Promise<object> {
  const committer = await storableText(tx, change.committer, longest.committer);
  return {
    author: await storableText(tx, change.author, longest.author),
    ...(tx.schema.has('changes', 'committer') ? { committer } : {}),
    comments: await storableText(tx, change.comments),
    revlink: await storableText(tx, revlink(change.repository, change.revision), longest.revlink),
    when_timestamp: Math.min(change.when, latest),
    category: change.category,
  };
}

async function addParts(tx: Transaction, changeid: number, uid: number, change: NewChange): Promise<void> {
  const files = [];
  for (const name of change.files) files.push({ changeid, filename: await storableText(tx, name, longest.filename) });
  // knex writes rows for SQLite as a union, of which it takes 500 parts.
  for (const some of chunks(files, 500)) await tx.sql('change_files').insert(some);
  const properties = Object.entries(change.properties).map(([name, value]) => propertyRow(changeid, name, value));
  if (properties.length > 0) await tx.sql('change_properties').insert(properties);
  await tx.sql('change_users').insert({ changeid, uid });
}

function propertyRow(changeid: number, name: string, value: unknown): object {
  return { changeid, property_name: name, property_value: pythonJson([value, 'Change']) };
}
