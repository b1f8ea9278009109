import { readScheduledSince } from '../../db/buildsets.js';
import { newestId } from '../../db/rows.js';
import {
  newestChangeBefore,
  newestChangeId,
  readChangeIdsAfter,
  readChangesOfStamps,
  readPresentIds,
} from '../../db/scheduler-changes.js';
import { advance, highestHandled, missingIds } from '../../model/change-cursor.js';
import type { ChangeCursor } from '../../model/change-cursor.js';
import type { ChangeState } from '../../model/change-state.js';
import type { FencedTransaction } from '../service.js';

/** A change may be a buildset of its own, with a request for each builder: few enough for one transaction. */
const pageSize = 100;

/** Of so many ids below the newest change, those that are missing at the beginning may still come. */
const lookBack = 100;

/** Buildbot's masters take each other's services over within this time: what came before it is nobody's any more. */
const handoverSeconds = 1200;

/** Of a scheduler that a Buildbot master has run: somewhere in so many buildsets is one of it. */
const mostBuildsets = 1000;

/**
 * As Buildbot: what is there when a scheduler first begins is none of its. But what has come since a Buildbot master had
 * it, which may have stopped a moment ago, is: nobody else looks at it.
 */
export async function beginning(tx: FencedTransaction, scheduler: string): Promise<ChangeState> {
  const newest = await newestChangeId(tx);
  const from = Math.max(0, newest - lookBack);
  const buildset = await newestId(tx, 'buildsets');
  const until = (await leftBehind(tx, scheduler, from, buildset)) ?? newest;
  const ids = (await readChangeIdsAfter(tx, from, lookBack)).filter((id) => id <= until);
  return { cursor: advance({ seen: from, gaps: [] }, ids, tx.now), timers: [], buildset };
}

/** The last change that a Buildbot master has handled, or that is too old; `null`: none has had the scheduler. */
async function leftBehind(
  tx: FencedTransaction,
  scheduler: string,
  from: number,
  buildset: number,
): Promise<number | null> {
  const stamps = (await readScheduledSince(tx, scheduler, buildset - mostBuildsets)).flatMap(
    (one) => one.sourceStampIds,
  );
  if (stamps.length === 0) return null;
  const handled = highestHandled(await readChangesOfStamps(tx, [...new Set(stamps)], from), stamps);
  return Math.max(from, handled, await newestChangeBefore(tx, tx.now - handoverSeconds, from));
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
