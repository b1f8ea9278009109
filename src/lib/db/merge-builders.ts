import { inOrderOfWriting, leftOf } from '../model/build-numbers.js';
import type { RenumberedBuild, Run, Side, StoredBuild } from '../model/build-numbers.js';
import type { Replacement, Row, RowSet } from '../model/rows.js';
import { builderTables, rowsOfBuilder } from './builder-history.js';
import type { BuilderTable, IdRange } from './builder-history.js';
import { lockBuilders, verifyUnconfigured } from './builders.js';
import type { SeenBuilder } from './builders.js';
import type { Transaction } from './connect.js';
import { ChangedMeanwhile, lockRows } from './rows.js';

/** Two builders that become one. */
export interface MergedBuilders {
  readonly from: SeenBuilder;
  readonly into: SeenBuilder;
}

/** What a later build of the builder that stays is told by: its number and its id are both higher. */
export interface Newest {
  readonly number: number;
  readonly id: number;
}

/** In each step: both are as they were seen, and nobody has come to know the one that goes. */
async function lockBoth(tx: Transaction, { from, into }: MergedBuilders): Promise<void> {
  await lockBuilders(tx, [from, into]);
  await verifyUnconfigured(tx, from);
}

export async function moveBuilds(
  tx: Transaction,
  merged: MergedBuilders,
  runs: readonly Run[],
  newest: Newest | null,
): Promise<RowSet[]> {
  await lockBoth(tx, merged);
  if (newest) await verifyNoneSince(tx, merged.into, newest);
  const stored = await readStored(tx, merged, runs);
  const builds = runs.flatMap((run) => {
    const left = leftOf(run, stored);
    if (left === null) throw new ChangedMeanwhile(`builds of ${merged[run.side].name} are not as they were seen`);
    return left;
  });
  verifyFree(merged.into, builds, stored);
  return setsOf(merged, inOrderOfWriting(builds));
}

/** What was added after the plan was made has a number that the plan gives to another one. */
async function verifyNoneSince(tx: Transaction, { id, name }: SeenBuilder, newest: Newest): Promise<void> {
  const [build] = await tx
    .sql<Row>('builds')
    .where('builderid', id)
    .where('number', '>', newest.number)
    .where('id', '>', newest.id)
    .limit(1)
    .select<Row[]>('number');
  if (build) throw new ChangedMeanwhile(`${name} has a new build, ${build['number']}`);
}

/** All builds that have a number which the runs had, or give. */
async function readStored(tx: Transaction, merged: MergedBuilders, runs: readonly Run[]): Promise<StoredBuild[]> {
  const stored = new Map<number, StoredBuild>();
  const read = async (side: Side, some: readonly Run[], first: (run: Run) => number): Promise<void> => {
    if (some.length === 0) return;
    const numbers: [number, number] = [Math.min(...some.map(first)), Math.max(...some.map((run) => first(run) + run.count - 1))]; // prettier-ignore
    const builds = tx.sql('builds').where('builderid', merged[side].id).whereBetween('number', numbers);
    for (const { id, number } of await builds.select<{ id: number; number: number }[]>('id', 'number'))
      stored.set(id, { id, number, side });
  };
  await read('from', runs.filter((run) => run.side === 'from'), (run) => run.number); // prettier-ignore
  await read('into', runs.filter((run) => run.side === 'into'), (run) => run.number); // prettier-ignore
  await read('into', runs, (run) => run.to);
  return [...stored.values()];
}

/** A master that looked for the next number just before the first step can have taken one of those that were free. */
function verifyFree({ name }: SeenBuilder, builds: readonly RenumberedBuild[], stored: readonly StoredBuild[]): void {
  const moving = new Set(builds.map((build) => build.id));
  const taken = new Set(stored.filter(({ side, id }) => side === 'into' && !moving.has(id)).map(({ number }) => number)); // prettier-ignore
  const clash = builds.find((build) => taken.has(build.to));
  if (clash) throw new ChangedMeanwhile(`a new build of ${name} has the number ${clash.to}`);
}

function setsOf({ from, into }: MergedBuilders, builds: readonly RenumberedBuild[]): RowSet[] {
  const changed = builds.filter((build) => build.number !== build.to).map((build): Replacement => {
    const { id: key, number, to } = build;
    return build.side === 'into'
      ? { key, before: { number }, after: { number: to } }
      : { key, before: { builderid: from.id, number }, after: { builderid: into.id, number: to } };
  }); // prettier-ignore
  const kept = builds.filter((build) => build.number === build.to).map((build) => build.id);
  return [{ kind: 'replace', table: 'builds', rows: changed }, given('builds', kept, { from, into })];
}

function given(table: BuilderTable, keys: readonly number[], { from, into }: MergedBuilders): RowSet {
  return { kind: 'update', table, keys, before: { builderid: from.id }, after: { builderid: into.id } };
}

/** Rows of a table that need nothing but the other builder; of requests the complete ones. */
export async function moveRows(
  tx: Transaction,
  merged: MergedBuilders,
  table: BuilderTable,
  { first, last }: IdRange,
): Promise<RowSet[]> {
  await lockBoth(tx, merged);
  const rows = await rowsOfBuilder(tx, table, merged.from.id, { after: first - 1, last }).select<{ id: number }[]>('id'); // prettier-ignore
  return [given(table, rows.map((row) => row.id), merged)]; // prettier-ignore
}

/** It stays open: taken back only while it is. */
export async function moveRequest(tx: Transaction, merged: MergedBuilders, id: number): Promise<RowSet[]> {
  await lockBoth(tx, merged);
  await verifyNoneLeft(tx, merged.from, 'builds');
  const [row] = await lockRows(tx, 'buildrequests', 'id', [id], ['builderid', 'complete']);
  if (row?.['builderid'] === merged.into.id) return [];
  if (row?.['builderid'] !== merged.from.id || row['complete'] !== 0)
    throw new ChangedMeanwhile(`request ${id} is not open any more`);
  const after = { builderid: merged.into.id, complete: 0 };
  return [{ kind: 'update', table: 'buildrequests', keys: [id], before: row, after }];
}

/** Those that the other one has as well go. */
export async function moveTags(tx: Transaction, merged: MergedBuilders): Promise<RowSet[]> {
  await lockBoth(tx, merged);
  await verifyNoneLeft(tx, merged.from, 'builds');
  const { from, into } = merged;
  const rows = await lockRows(tx, 'builders_tags', 'builderid', [from.id, into.id]);
  const theirs = new Set(rows.filter((row) => row['builderid'] === into.id).map((row) => row['tagid']));
  const mine = rows.filter((row) => row['builderid'] === from.id);
  const moved = mine.filter((row) => !theirs.has(row['tagid'] ?? null)).map((row) => Number(row['id']));
  const both = mine.filter((row) => theirs.has(row['tagid'] ?? null));
  return [given('builders_tags', moved, merged), { kind: 'delete', table: 'builders_tags', rows: both }];
}

/** Only when nothing refers to it: where the database cascades, it would take that along. */
export async function dropBuilder(tx: Transaction, merged: MergedBuilders): Promise<RowSet[]> {
  const rows = await tx.dialect.lockingToDelete(tx.sql<Row>('builders').where('id', merged.from.id).select<Row[]>('*'));
  await lockBoth(tx, merged);
  for (const table of builderTables) await verifyNoneLeft(tx, merged.from, table);
  return [{ kind: 'delete', table: 'builders', rows }];
}

async function verifyNoneLeft(tx: Transaction, { id, name }: SeenBuilder, table: BuilderTable): Promise<void> {
  if (!tx.schema.has(table)) return;
  const [row] = await tx.sql<Row>(table).where('builderid', id).limit(1).select<Row[]>('id');
  if (row) throw new ChangedMeanwhile(`${table} still has rows of builder ${name}`);
}
