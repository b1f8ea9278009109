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
 * Returns whether a build may wait for one of those. What is complete already stays as it is.
 */
export async function completeRequests(
  tx: Transaction,
  completions: readonly Completion[],
  now: number,
): Promise<boolean> {
  const open = await lockBuildsets(tx, completions.map(({ buildsetId }) => buildsetId)); // prettier-ignore
  const after = { complete: 1, complete_at: Math.floor(now) };
  for (const [results, some] of groupBy(completions, (one) => one.results))
    for (const ids of chunks(some.map(({ requestId }) => requestId)))
      await tx
        .sql('buildrequests')
        .whereIn('id', ids)
        .where('complete', 0)
        .update({ ...after, results });
  return completeEnded(tx, open, now);
}

/** Completes those of these buildsets of which no request is open; returns what `completeRequests` does. */
export async function completeBuildsets(tx: Transaction, ids: readonly number[], now: number): Promise<boolean> {
  return completeEnded(tx, await lockBuildsets(tx, ids), now);
}

async function completeEnded(tx: Transaction, open: readonly OpenBuildset[], now: number): Promise<boolean> {
  let isAwaited = false;
  for (const { id, parent_buildid: parent } of open) {
    const results = await resultOf(tx, id);
    if (results === null) continue;
    const after = { complete: 1, complete_at: Math.floor(now), results };
    await tx.sql('buildsets').where({ id, complete: 0 }).update(after);
    isAwaited ||= parent !== null;
  }
  return isAwaited;
}

interface OpenBuildset {
  readonly id: number;
  readonly parent_buildid: number | null;
}

/**
 * Those that are open. To be done before anything else of them is locked: of two masters that complete the last two
 * requests at once, one waits here and then sees the other's. In the order of ids, whoever locks.
 */
export async function lockBuildsets(tx: Transaction, ids: readonly number[]): Promise<OpenBuildset[]> {
  const open: OpenBuildset[] = [];
  for (const some of chunks([...new Set(ids)].sort((a, b) => a - b))) {
    const query = tx.dialect.locking(tx.sql('buildsets').whereIn('id', some).orderBy('id'));
    const rows = await query.select<(OpenBuildset & { complete: number })[]>('id', 'complete', 'parent_buildid');
    open.push(...rows.filter(({ complete }) => !complete));
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
