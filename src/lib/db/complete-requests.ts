import { groupBy } from '../model/group-by.js';
import { worstOf } from '../model/results.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';

export interface Completion {
  readonly requestId: number;
  readonly buildsetId: number;
  readonly results: number;
}

/**
 * Completes requests that this master has claimed, and the buildsets of which they were the last, with the worst result.
 * Returns those buildsets. What is complete already stays as it is.
 */
export async function completeRequests(
  tx: Transaction,
  completions: readonly Completion[],
  now: number,
): Promise<number[]> {
  // First of all: of two masters that complete the last two requests at once, one waits here and then sees the other's.
  const open = await lockOpenBuildsets(tx, completions);
  const after = { complete: 1, complete_at: Math.floor(now) };
  for (const [results, some] of groupBy(completions, (one) => one.results))
    for (const ids of chunks(some.map(({ requestId }) => requestId)))
      await tx.sql('buildrequests').whereIn('id', ids).where('complete', 0).update({ ...after, results });
  const ended: number[] = [];
  for (const id of open) {
    const results = await resultOf(tx, id);
    if (results === null) continue;
    await tx.sql('buildsets').where({ id, complete: 0 }).update({ ...after, results });
    ended.push(id);
  }
  return ended;
}

/** In the order of ids, whoever completes. */
async function lockOpenBuildsets(tx: Transaction, completions: readonly Completion[]): Promise<number[]> {
  const ids = [...new Set(completions.map(({ buildsetId }) => buildsetId))].sort((a, b) => a - b);
  const open: number[] = [];
  for (const some of chunks(ids)) {
    const query = tx.sql('buildsets').whereIn('id', some).orderBy('id');
    const rows = await tx.dialect.locking(query).select<{ id: number; complete: number }[]>('id', 'complete');
    open.push(...rows.filter(({ complete }) => !complete).map(({ id }) => id));
  }
  return open;
}

/** `null`: a request of it is open. Locked, for on InnoDB a plain look sees what was there when the transaction began. */
async function resultOf(tx: Transaction, buildsetId: number): Promise<number | null> {
  const requests = () => tx.dialect.locking(tx.sql('buildrequests').where('buildsetid', buildsetId));
  if (await requests().where('complete', 0).first<{ id: number } | undefined>('id')) return null;
  const rows = await requests().select<{ results: number }[]>('results');
  return worstOf(rows.map(({ results }) => results));
}
