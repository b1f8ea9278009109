/*
 * Forgetting a builder, a transaction's worth at a time. Nothing deletes what hangs on another row before it is certain
 * that the builder is as it was seen: nobody has registered it again, and nothing of it runs. Under LOCK TABLES no table
 * may have another name.
 */
import type { Range } from '../model/builder-history.js';
import { printable } from '../model/names.js';
import type { RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { piece } from './purge-pieces.js';
import { ChangedMeanwhile, lockRows, lockRowsToDelete, readRows } from './rows.js';

/** What was seen of a builder when the plan was made. */
export interface SeenBuilder {
  readonly id: number;
  readonly name: string;
  readonly nameHash: string;
}

const requestsPerPiece = 2000;
const linksPerPiece = 250;
const namesPerPiece = 2000;

/**
 * Locks the builder's row against whoever wants to refer to it: a master that registers it waits, or is seen. Throws
 * where it is not as it was seen.
 */
async function holdBuilder(tx: Transaction, { id, name, nameHash }: SeenBuilder): Promise<void> {
  const [row] = await lockRowsToDelete(tx, 'builders', 'id', [id], ['name_hash']);
  if (row?.['name_hash'] !== nameHash)
    throw new ChangedMeanwhile(`builder ${printable(name)} is gone, or is another one now`);
  const registrations = await lockRows(tx, 'builder_masters', 'builderid', [id], ['id']);
  if (registrations.length > 0) throw new ChangedMeanwhile(`a master configures builder ${printable(name)} again`);
}

/** Columns of buildsets that name a build. */
function buildLinks({ schema }: Transaction): string[] {
  return ['parent_buildid', 'rebuilt_buildid'].filter((name) => schema.has('buildsets', name));
}

/** References to its builds, in buildsets with an id in the range. */
export async function unlinkBuildsets(tx: Transaction, builder: SeenBuilder, range: Range): Promise<RowSet[]> {
  await holdBuilder(tx, builder);
  const sets: RowSet[] = [];
  for (const column of buildLinks(tx)) {
    const links = await tx
      .sql('buildsets')
      .join('builds', 'builds.id', `buildsets.${column}`)
      .whereBetween('buildsets.id', [range.from, range.to])
      .where('builds.builderid', builder.id)
      .limit(linksPerPiece)
      .select<{ id: number; link: number }[]>('buildsets.id', { link: `buildsets.${column}` });
    const rows = links.map(({ id, link }) => ({ key: id, before: { [column]: link }, after: { [column]: null } }));
    sets.push({ kind: 'replace', table: 'buildsets', rows });
  }
  return sets;
}

/** So many builds at once; fewer where each of them makes the database go through whole tables. */
export const mostBuilds = 2000;

/** Ended builds with a number in the range, with all that hangs on them; at most `most` at once. */
export async function forgetBuilds(
  tx: Transaction,
  builder: SeenBuilder,
  range: Range,
  most: number,
): Promise<RowSet[]> {
  await holdBuilder(tx, builder);
  if (most < mostBuilds) await tx.dialect.allowScans(tx.sql);
  const builds = await tx
    .sql('builds')
    .where('builderid', builder.id)
    .whereBetween('number', [range.from, range.to])
    .orderBy('number')
    .limit(most)
    .select<{ id: number; number: number; complete_at: number | null }[]>('id', 'number', 'complete_at');
  const open = builds.find((build) => build.complete_at === null);
  if (open) throw new ChangedMeanwhile(`build ${open.number} of ${printable(builder.name)} runs`);
  const ids = builds.map((build) => build.id);
  return [...(await unlinkCascading(tx, ids)), ...(await piece(tx, ids))];
}

/**
 * Buildsets that have come to name these builds since the others were unlinked, where the database would delete them
 * with the builds. While these are locked, no buildset can begin to.
 */
async function unlinkCascading(tx: Transaction, builds: readonly number[]): Promise<RowSet[]> {
  const columns = buildLinks(tx).filter((column) =>
    tx.schema.cascades({ table: 'buildsets', column, parent: 'builds' }),
  );
  if (columns.length === 0) return [];
  await lockRowsToDelete(tx, 'builds', 'id', builds, ['id']);
  const sets: RowSet[] = [];
  for (const column of columns) {
    const links = await lockRows(tx, 'buildsets', column, builds, ['id', column]);
    const rows = links.map((row) => ({ key: Number(row['id']), before: { [column]: row[column] ?? null }, after: { [column]: null } })); // prettier-ignore
    sets.push({ kind: 'replace', table: 'buildsets', rows });
  }
  return sets;
}

/** Complete requests with an id in the range, their claims, and the buildsets that nothing is left of. */
export async function forgetRequests(tx: Transaction, builder: SeenBuilder, range: Range): Promise<RowSet[]> {
  await holdBuilder(tx, builder);
  const requests = await tx
    .sql('buildrequests')
    .where('builderid', builder.id)
    .whereBetween('id', [range.from, range.to])
    .whereNotExists(tx.sql('builds').where('buildrequestid', tx.sql.ref('buildrequests.id')).select('builds.id'))
    .limit(requestsPerPiece)
    .select<{ id: number; buildsetid: number; complete: number }[]>('id', 'buildsetid', 'complete');
  const open = requests.find((request) => request.complete === 0);
  if (open) throw new ChangedMeanwhile(`request ${open.id} waits for ${printable(builder.name)}`);
  const ids = requests.map((request) => request.id);
  const sets: RowSet[] = [
    { kind: 'purge', table: 'buildrequests', keys: ids },
    { kind: 'purge', table: 'buildsets', keys: await emptied(tx, requests) },
  ];
  // Without transactions a buildset must not lose its requests, by which it is found again, before it goes.
  return tx.schema.withoutTransactions.includes('buildrequests') ? sets.reverse() : sets;
}

/** Buildsets of which these are the last requests. */
async function emptied(
  tx: Transaction,
  requests: readonly { readonly id: number; readonly buildsetid: number }[],
): Promise<number[]> {
  const ids = new Set(requests.map((request) => request.id));
  const buildsets = [...new Set(requests.map((request) => request.buildsetid))];
  const all = await readRows(tx, 'buildrequests', 'buildsetid', buildsets, ['id', 'buildsetid']);
  const kept = new Set(all.filter((row) => !ids.has(Number(row['id']))).map((row) => Number(row['buildsetid'])));
  const there = await readRows(tx, 'buildsets', 'id', buildsets.filter((id) => !kept.has(id)), ['id']); // prettier-ignore
  return there.map((row) => Number(row['id']));
}

/** Tables of what belongs to a builder and not to one of its builds. */
export const testTables = ['test_names', 'test_code_paths'] as const;

export async function forgetTests(tx: Transaction, builder: SeenBuilder): Promise<RowSet[]> {
  await holdBuilder(tx, builder);
  for (const table of ['test_result_sets', ...testTables].filter((name) => tx.schema.has(name))) {
    const rows = await tx.sql(table).where('builderid', builder.id).limit(namesPerPiece).select<{ id: number }[]>('id');
    if (rows.length > 0) return [{ kind: 'purge', table, keys: rows.map((row) => row.id) }];
  }
  return [];
}

/** The row itself and its tags, once nothing else of it is left. */
export async function deleteBuilder(tx: Transaction, builder: SeenBuilder): Promise<RowSet[]> {
  const rows = await lockRows(tx, 'builders', 'id', [builder.id]);
  if (rows.length === 0) return [];
  await holdBuilder(tx, builder);
  for (const [table, noun] of [
    ['builds', 'builds'],
    ['buildrequests', 'requests'],
  ] as const) {
    const left = await tx.sql(table).where('builderid', builder.id).first<{ id: number } | undefined>('id');
    if (left) throw new ChangedMeanwhile(`builder ${printable(builder.name)} has ${noun} that were not planned for`);
  }
  const tags = await lockRows(tx, 'builders_tags', 'builderid', [builder.id]);
  return [
    { kind: 'delete', table: 'builders_tags', rows: tags },
    { kind: 'delete', table: 'builders', rows },
  ];
}

/** Every table that is read or written here. */
export const forgetTables: readonly string[] = ['builder_masters', 'builders_tags', 'builders', ...testTables];
