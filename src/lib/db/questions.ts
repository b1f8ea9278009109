import { Failure } from '../errors.js';
import type { Questioned } from '../model/why.js';
import type { Transaction } from './connect.js';
import { findRequests } from './request-lists.js';
import { chunks } from './chunks.js';

interface Buildset {
  readonly id: number;
  readonly parent_buildid: number | null;
}

/** Requests by id, with whether Buildbot can see them at all, and who waits for them. */
export async function readQuestioned(tx: Transaction, ids: readonly number[]): Promise<Questioned[]> {
  const requests = await findRequests(tx, ids);
  const seen = new Set<number>();
  const parents = new Map<number, number | null>();
  for (const some of chunks([...new Set(requests.map((request) => request.buildsetId))])) {
    const rows = await tx
      .sql('buildset_sourcestamps')
      .whereIn('buildsetid', some)
      .select<{ buildsetid: number }[]>('buildsetid');
    for (const row of rows) seen.add(row.buildsetid);
    const sets = await tx.sql('buildsets').whereIn('id', some).select<Buildset[]>('id', 'parent_buildid');
    for (const { id, parent_buildid } of sets) parents.set(id, parent_buildid);
  }
  return requests.map((request) => ({
    ...request,
    hasSource: seen.has(request.buildsetId),
    parentBuildId: parents.get(request.buildsetId) ?? null,
  }));
}

/** The requests of a buildset. */
export async function requestsOfBuildset(tx: Transaction, buildset: number): Promise<number[]> {
  const rows = await tx.sql('buildrequests').where('buildsetid', buildset).orderBy('id').select<{ id: number }[]>('id');
  if (rows.length > 0) return rows.map((row) => row.id);
  throw new Failure('notFound', `There is no request of a buildset ${buildset}.`, {
    try: 'See the open requests with "bbctl requests".',
  });
}
