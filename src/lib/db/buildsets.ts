import type { SourcedProperties } from '../model/buildset.js';
import { groupBy } from '../model/group-by.js';
import { pythonJson } from '../model/python-json.js';
import { addRow } from './add-row.js';
import { nameHash } from './builders.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';

/** What whoever adds buildsets names as the tables of its transaction. */
export const buildsetTables: readonly string[] = [
  'builders',
  'buildsets',
  'buildset_properties',
  'buildset_sourcestamps',
  'buildrequests',
  'sourcestamps',
];

export interface NewBuildset {
  readonly reason: string;
  readonly properties: SourcedProperties;
  readonly sourceStampIds: readonly number[];
  /** One request for each. With none of them the buildset is complete at once. */
  readonly builderIds: readonly number[];
  /** Does a build wait for it? */
  readonly waitedFor?: boolean;
  readonly priority?: number;
  readonly parent?: { readonly buildId: number; readonly relationship: string } | null;
}

export interface AddedBuildset {
  readonly buildsetId: number;
  /** Builder → request. */
  readonly requestIds: ReadonlyMap<number, number>;
}

const success = 0;
const none = -1;

/**
 * As Buildbot writes it; `now` is epoch seconds. The requests come last, by one statement: without transactions a
 * buildset that has requests has all of them.
 */
export async function addBuildset(tx: Transaction, buildset: NewBuildset, now: number): Promise<AddedBuildset> {
  const at = Math.floor(now);
  const buildsetId = await addRow(tx, 'buildsets', 'id', rowOf(tx, buildset, at));
  const properties = Object.entries(buildset.properties).map(([name, value]) => ({
    buildsetid: buildsetId,
    property_name: name,
    property_value: pythonJson(value),
  }));
  const stamps = buildset.sourceStampIds.map((id) => ({ buildsetid: buildsetId, sourcestampid: id }));
  await insertAll(tx, 'buildset_properties', properties);
  await insertAll(tx, 'buildset_sourcestamps', stamps);
  return { buildsetId, requestIds: await addRequests(tx, buildset, buildsetId, at) };
}

function rowOf(tx: Transaction, { reason, parent, builderIds }: NewBuildset, at: number) {
  const isComplete = builderIds.length === 0;
  return {
    external_idstring: null,
    // The column's length: what somebody has typed must not keep them from building.
    reason: [...reason].slice(0, 256).join(''),
    submitted_at: at,
    complete: isComplete ? 1 : 0,
    complete_at: isComplete ? at : null,
    results: isComplete ? success : none,
    parent_buildid: parent?.buildId ?? null,
    parent_relationship: parent?.relationship ?? null,
    ...(tx.schema.has('buildsets', 'rebuilt_buildid') ? { rebuilt_buildid: null } : {}),
  };
}

async function addRequests(tx: Transaction, buildset: NewBuildset, buildsetId: number, at: number) {
  const rows = buildset.builderIds.map((builderid) => ({
    buildsetid: buildsetId,
    builderid,
    priority: buildset.priority ?? 0,
    complete: 0,
    results: none,
    submitted_at: at,
    complete_at: null,
    waited_for: buildset.waitedFor ? 1 : 0,
  }));
  await insertAll(tx, 'buildrequests', rows);
  const added = await tx
    .sql('buildrequests')
    .where('buildsetid', buildsetId)
    .orderBy('id')
    .select<{ id: number; builderid: number }[]>('id', 'builderid');
  return new Map(added.map(({ id, builderid }) => [builderid, id]));
}

async function insertAll(tx: Transaction, table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
  // knex writes rows for SQLite as a union, of which it takes 500 parts.
  for (const some of chunks(rows, 500)) await tx.sql(table).insert(some);
}

/** Name → `builders.id`, of those that have ever been configured. */
export async function findBuilderIds(tx: Transaction, names: readonly string[]): Promise<Map<string, number>> {
  const hashes = new Map(names.map((name) => [nameHash(name), name]));
  const rows = await tx
    .sql('builders')
    .whereIn('name_hash', [...hashes.keys()])
    .orderBy('id')
    .select<{ id: number; name_hash: string }[]>('id', 'name_hash');
  return new Map(rows.map(({ id, name_hash: hash }) => [hashes.get(hash) ?? '', id]));
}

/** A buildset that a scheduler has made, whoever ran it. */
export interface ScheduledBuildset {
  readonly id: number;
  readonly sourceStampIds: readonly number[];
}

/** Those newer than a buildset, but for what was built again by hand, and for what was cut off before its requests. */
export async function readScheduledSince(tx: Transaction, name: string, after: number): Promise<ScheduledBuildset[]> {
  const value = pythonJson([name, 'Scheduler']);
  const rows = await tx
    .sql('buildset_properties')
    .where('buildsetid', '>', after)
    .where('property_name', 'scheduler')
    .where('property_value', value)
    .select<{ buildsetid: number; property_value: string }[]>('buildsetid', 'property_value');
  // MySQL compares without regard to case.
  const ids = rows.filter((row) => String(row.property_value) === value).map((row) => row.buildsetid);
  const found: ScheduledBuildset[] = [];
  for (const some of chunks(ids)) found.push(...(await stampsOf(tx, await withRequests(tx, some))));
  return found.sort((a, b) => a.id - b.id);
}

async function withRequests(tx: Transaction, ids: readonly number[]): Promise<number[]> {
  const requests = tx.sql('buildrequests').distinct<{ buildsetid: number }[]>('buildsetid');
  const asked = (await tx.dialect.among(requests, 'buildsetid', ids)).map((row) => row.buildsetid);
  if (!tx.schema.has('buildsets', 'rebuilt_buildid')) return asked;
  const query = tx.sql('buildsets').whereNull('rebuilt_buildid').select<{ id: number }[]>('id');
  return (await tx.dialect.among(query, 'id', asked)).map((row) => row.id);
}

async function stampsOf(tx: Transaction, ids: readonly number[]): Promise<ScheduledBuildset[]> {
  const query = tx
    .sql('buildset_sourcestamps')
    .select<{ buildsetid: number; sourcestampid: number }[]>('buildsetid', 'sourcestampid');
  const rows = await tx.dialect.among(query, 'buildsetid', ids);
  const stamps = groupBy(rows, (row) => row.buildsetid);
  return ids.map((id) => ({ id, sourceStampIds: (stamps.get(id) ?? []).map((row) => row.sourcestampid) }));
}
