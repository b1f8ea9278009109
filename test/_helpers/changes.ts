import type { ExecutionContext } from 'ava';
import { diffDumps, type Difference, type Dump } from './database.js';

type Row = Difference['key'];

/** Stands for a time that the database's clock gave while the test ran. */
export const aboutNow = 'about now';

const keyColumns: Readonly<Record<string, string>> = {
  buildrequest_claims: 'brid',
  scheduler_masters: 'schedulerid',
  changesource_masters: 'changesourceid',
};

export function deleted(before: Dump, table: string, ids: readonly number[]): Difference[] {
  const column = keyColumns[table] ?? 'id';
  return ids.map((id) => {
    const row = before[table]?.find((one) => one[column] === id);
    if (!row) throw new Error(`${table} has no row ${id}, so it cannot be expected to go`);
    return { table, key: { [column]: id }, before: row };
  });
}

/** Only the columns that change. */
export function updated(table: string, ids: readonly number[], before: Row, after: Row): Difference[] {
  return ids.map((id) => ({ table, key: { id }, before, after }));
}

export function inserted(table: string, row: Row): Difference {
  const column = keyColumns[table] ?? 'id';
  return { table, key: { [column]: row[column] }, after: row };
}

/** A build that a living master will not end: it, its open steps and logs. */
export function finished(ids: { builds?: number[]; steps?: number[]; logs?: number[] }): Difference[] {
  const [open, ended] = [
    { complete_at: null, results: null },
    { complete_at: aboutNow, results: 5 },
  ];
  return [
    ...updated('builds', ids.builds ?? [], open, ended),
    ...updated('steps', ids.steps ?? [], open, ended),
    ...updated('logs', ids.logs ?? [], { complete: 0 }, { complete: 1 }),
  ];
}

/** Compares whole databases: these rows changed, in this way, and everything else is byte for byte the same. */
export function sameChanges(t: ExecutionContext, before: Dump, after: Dump, expected: readonly Difference[]): void {
  t.deepEqual(sorted(diffDumps(before, after).map(withoutClock)), sorted(expected));
}

const toleranceSeconds = 60;

function withoutClock(difference: Difference): Difference {
  const { after } = difference;
  if (!after) return difference;
  const plain = Object.entries(after).map(([column, value]) => [column, isNow(column, value) ? aboutNow : value]);
  return { ...difference, after: Object.fromEntries(plain) as Row };
}

/** Whole seconds, as Buildbot writes them. */
function isNow(column: string, value: unknown): boolean {
  if (!column.endsWith('_at') || !Number.isInteger(value)) return false;
  return Math.abs(Number(value) - Date.now() / 1000) < toleranceSeconds;
}

function sorted(differences: readonly Difference[]): Difference[] {
  const order = (one: Difference): string => `${one.table} ${JSON.stringify(one.key)}`;
  return [...differences].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}
