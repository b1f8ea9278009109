import { cancelled } from '../model/results.js';
import { completeRequests } from './complete-requests.js';
import type { Transaction } from './connect.js';
import { claimRequests } from './request-claims.js';

/** A buildset that a build has triggered. */
export interface Triggered {
  readonly buildsetId: number;
  readonly requestIds: readonly number[];
}

/** The last one that this build has triggered and does not know of; `null`: there is none. */
export async function findTriggered(
  tx: Transaction,
  buildId: number,
  known: readonly number[],
): Promise<Triggered | null> {
  const ids = await tx.sql('buildsets').where('parent_buildid', buildId).whereNotIn('id', known).orderBy('id', 'desc').select<{ id: number }[]>('id'); // prettier-ignore
  for (const { id } of ids) {
    const requests = await tx.sql('buildrequests').where('buildsetid', id).select<{ id: number }[]>('id');
    // Without any it was cut off.
    if (requests.length > 0) return { buildsetId: id, requestIds: requests.map((row) => row.id) };
  }
  return null;
}

/** The results of these buildsets; `null`: one of them has not ended. */
export async function readEnded(tx: Transaction, ids: readonly number[]): Promise<number[] | null> {
  const rows = await tx.sql('buildsets').whereIn('id', ids).select<{ complete: number; results: number }[]>('complete', 'results'); // prettier-ignore
  return rows.some(({ complete }) => !complete) ? null : rows.map(({ results }) => results);
}

/** Of the builds of these requests that have ended, in their order. */
export async function readBuildResults(tx: Transaction, requestIds: readonly number[]): Promise<number[]> {
  const query = tx.sql('builds').whereNotNull('complete_at').orderBy('id');
  const rows = await tx.dialect.among(query, 'buildrequestid', requestIds).select<{ results: number | null }[]>('results'); // prettier-ignore
  return rows.flatMap(({ results }) => results ?? []);
}

/** Cancels those that nobody has claimed, as Buildbot does: they are claimed, and complete. */
export async function cancelPending(
  tx: Transaction,
  masterId: number,
  { buildsetId, requestIds }: Triggered,
  now: number,
): Promise<void> {
  const mine = new Set<number>();
  const open = await tx.sql('buildrequests').whereIn('id', requestIds).where('complete', 0).select<{ id: number }[]>('id'); // prettier-ignore
  const claimed = await tx.sql('buildrequest_claims').whereIn('brid', requestIds).select<{ brid: number }[]>('brid');
  const taken = new Set(claimed.map(({ brid }) => brid));
  const free = open.map(({ id }) => id).filter((id) => !taken.has(id));
  for (const id of await claimRequests(tx, masterId, free, now)) mine.add(id);
  const completions = [...mine].map((requestId) => ({ requestId, buildsetId, results: cancelled }));
  await completeRequests(tx, completions, now);
}
