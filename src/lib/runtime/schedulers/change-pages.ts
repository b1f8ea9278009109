import { newestId } from '../../db/rows.js';
import { newestChangeId, readChangeIdsAfter, readPresentIds } from '../../db/scheduler-changes.js';
import { advance, missingIds } from '../../model/change-cursor.js';
import type { ChangeCursor } from '../../model/change-cursor.js';
import type { ChangeState } from '../../model/change-state.js';
import type { FencedTransaction } from '../service.js';

/** A change may be a buildset of its own, with a request for each builder: few enough for one transaction. */
const pageSize = 100;

/** Of so many ids below the newest change, those that are missing at the beginning may still come. */
const lookBack = 100;

/** As Buildbot: what is there when a scheduler first begins is none of its. */
export async function beginning(tx: FencedTransaction): Promise<ChangeState> {
  const newest = await newestChangeId(tx);
  const from = Math.max(0, newest - lookBack);
  const ids = await readChangeIdsAfter(tx, from, lookBack);
  const cursor = advance({ seen: from, gaps: [] }, ids, tx.now);
  return { cursor, timers: [], buildset: await newestId(tx, 'buildsets') };
}

export interface Page {
  /** Lowest first. */
  readonly ids: readonly number[];
  /** Behind them. */
  readonly cursor: ChangeCursor;
  readonly isLast: boolean;
}

/** What was missing and is there now, and what is new. */
export async function nextPage(tx: FencedTransaction, cursor: ChangeCursor): Promise<Page> {
  const late = await readPresentIds(tx, missingIds(cursor));
  const fresh = await readChangeIdsAfter(tx, cursor.seen, pageSize);
  const ids = [...late, ...fresh].sort((a, b) => a - b);
  return { ids, cursor: advance(cursor, ids, tx.now), isLast: fresh.length < pageSize };
}
