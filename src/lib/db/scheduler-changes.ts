import type { SourcedProperties } from '../model/buildset.js';
import type { Change, Importance } from '../model/change-filter.js';
import { groupBy } from '../model/group-by.js';
import type { PendingChange } from '../model/stable-timers.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';

/** What whoever looks at changes for a scheduler names as the tables of its transaction. */
export const changeTables: readonly string[] = ['changes', 'change_files', 'change_properties', 'scheduler_changes'];

/** 0 where there is none. `locking`: as it is now, not as it was when the transaction began. */
export async function newestChangeId(tx: Transaction, look: 'plain' | 'locking' = 'plain'): Promise<number> {
  const query = tx.sql('changes').where('changeid', '>', 0).orderBy('changeid', 'desc');
  const found = look === 'locking' ? tx.dialect.locking(query) : query;
  return (await found.first<{ changeid: number } | undefined>('changeid'))?.changeid ?? 0;
}

/** At most `limit` of the changes above an id, lowest first. */
export async function readChangeIdsAfter(tx: Transaction, id: number, limit: number): Promise<number[]> {
  const query = tx.sql('changes').where('changeid', '>', id).orderBy('changeid').limit(limit);
  return (await query.select<{ changeid: number }[]>('changeid')).map((row) => row.changeid);
}

/** Which of these are there now. */
export async function readPresentIds(tx: Transaction, ids: readonly number[]): Promise<number[]> {
  const rows = await select<{ changeid: number }>(tx, 'changes', ids, ['changeid']);
  return rows.map((row) => row.changeid);
}

/** The highest of the changes above an id that were there before a time (epoch seconds); 0 where none was. */
export async function newestChangeBefore(tx: Transaction, time: number, after: number): Promise<number> {
  const row = await tx
    .sql('changes')
    .join('sourcestamps', 'sourcestamps.id', 'changes.sourcestampid')
    .where('changes.changeid', '>', after)
    .where('sourcestamps.created_at', '<', Math.floor(time))
    .max<{ id: number | null }[]>({ id: 'changes.changeid' });
  return row[0]?.id ?? 0;
}

/** Changes above an id with one of these source stamps. */
export async function readChangesOfStamps(
  tx: Transaction,
  stamps: readonly number[],
  after: number,
): Promise<Pick<Change, 'id' | 'sourceStampId'>[]> {
  const query = tx.sql('changes').where('changeid', '>', after);
  const rows = await tx.dialect
    .among(query, 'sourcestampid', stamps)
    .select<{ changeid: number; sourcestampid: number }[]>('changeid', 'sourcestampid');
  return rows.map(({ changeid: id, sourcestampid: sourceStampId }) => ({ id, sourceStampId }));
}

type ChangeRow = Record<'branch' | 'category', string | null> &
  Record<'repository' | 'project' | 'codebase', string> &
  Record<'changeid' | 'sourcestampid', number>;

const columns = ['changeid', 'branch', 'repository', 'project', 'category', 'codebase', 'sourcestampid'];

/** Lowest id first; those that are gone are left out. Their files are read only where they are asked for. */
export async function readChanges(
  tx: Transaction,
  ids: readonly number[],
  parts: 'bare' | 'with files',
): Promise<Change[]> {
  const rows = await select<ChangeRow>(tx, 'changes', ids, columns);
  const files = parts === 'bare' ? new Map<number, string[]>() : await readFiles(tx, ids);
  const changes = rows.map(({ changeid: id, sourcestampid: sourceStampId, ...row }) => ({
    ...row,
    id,
    sourceStampId,
    files: files.get(id) ?? [],
  }));
  return changes.sort((a, b) => a.id - b.id);
}

async function readFiles(tx: Transaction, ids: readonly number[]): Promise<Map<number, string[]>> {
  const rows = await select<{ changeid: number; filename: string }>(tx, 'change_files', ids, ['changeid', 'filename']);
  const files = groupBy(rows, (row) => row.changeid);
  return new Map([...files].map(([id, of]) => [id, of.map((row) => row.filename)]));
}

async function select<R>(tx: Transaction, table: string, ids: readonly number[], wanted: string[]): Promise<R[]> {
  const rows: R[] = [];
  for (const some of chunks(ids)) {
    const query = tx.sql(table).select<Record<string, unknown>[]>(wanted);
    rows.push(...((await tx.dialect.among(query, 'changeid', some)) as R[]));
  }
  return rows;
}

/** The properties of the newest change that has a source stamp; none where no change has it. */
export async function readStampProperties(tx: Transaction, sourceStampId: number): Promise<SourcedProperties> {
  const newest = await tx
    .sql('changes')
    .where('sourcestampid', sourceStampId)
    .orderBy('changeid', 'desc')
    .first<{ changeid: number } | undefined>('changeid');
  if (!newest) return {};
  const rows = await tx
    .sql('change_properties')
    .where('changeid', newest.changeid)
    .select<{ property_name: string; property_value: string }[]>('property_name', 'property_value');
  return Object.fromEntries(rows.flatMap((row) => propertyOf(row.property_name, String(row.property_value))));
}

/** `[value, "Change"]`; old versions have stored the value alone. */
function propertyOf(name: string, json: string): [string, [unknown, string]][] {
  try {
    const value: unknown = JSON.parse(json);
    const isSourced = Array.isArray(value) && value.length === 2 && value[1] === 'Change';
    return [[name, [isSourced ? value[0] : value, 'Change']]];
  } catch {
    return [];
  }
}

/** What a scheduler has looked at and not built yet, whoever ran it. Changes that are gone are left out. */
export async function readPending(tx: Transaction, schedulerId: number): Promise<PendingChange[]> {
  const query = tx.sql('scheduler_changes').where('schedulerid', schedulerId);
  const rows = await tx.dialect
    .locking(query)
    .select<{ changeid: number; important: number | null }[]>('changeid', 'important');
  const importance = new Map(rows.map((row): [number, Importance] => [row.changeid, row.important ? 'important' : 'unimportant'])); // prettier-ignore
  const changes = await readChanges(tx, [...importance.keys()], 'bare');
  return changes.map((change) => ({ ...change, importance: importance.get(change.id) ?? 'unimportant' }));
}

/** Adds them to what a scheduler has not built yet. */
export async function addPending(
  tx: Transaction,
  schedulerId: number,
  changes: readonly PendingChange[],
): Promise<void> {
  for (const some of chunks(changes, 500)) {
    const rows = some.map(({ id, importance }) => ({
      schedulerid: schedulerId,
      changeid: id,
      important: importance === 'important' ? 1 : 0,
    }));
    await tx.sql('scheduler_changes').insert(rows).onConflict(['schedulerid', 'changeid']).merge(['important']);
  }
}

/** They are built, or are not to be. `'all'`: of this scheduler. */
export async function removePending(
  tx: Transaction,
  schedulerId: number,
  ids: readonly number[] | 'all',
): Promise<void> {
  const of = () => tx.sql('scheduler_changes').where('schedulerid', schedulerId);
  if (ids === 'all') await of().delete();
  else for (const some of chunks(ids)) await tx.dialect.among(of(), 'changeid', some).delete();
}
