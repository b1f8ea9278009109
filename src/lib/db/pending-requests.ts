import type { PendingRequest } from '../model/pending.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';
import { masterClass } from './published.js';

export interface Wanted {
  readonly builderIds: readonly number[];
  /** `waited for`: only those that a running build waits for, wherever that runs. */
  readonly which: 'all' | 'waited for';
  readonly limit: number;
}

interface Row {
  readonly id: number;
  readonly buildsetid: number;
  readonly builderid: number;
  readonly submitted_at: number;
}

/**
 * Requests that nobody has claimed: those of the highest priority first, of these the oldest. Without a source stamp a
 * buildset is no buildset to Buildbot, and what a build on a Buildbot master waits for is left to Buildbot: built by
 * anybody else it would not be heard of, and be waited for even when that build is stopped.
 */
export async function readPending(tx: Transaction, { builderIds, which, limit }: Wanted): Promise<PendingRequest[]> {
  const query = unclaimed(tx, builderIds);
  query.orderBy([{ column: 'priority', order: 'desc' }, 'submitted_at', 'buildrequests.id']);
  if (which === 'all') return (await query.limit(limit)).map(pendingOf);
  const waitedFor = (await query.where('waited_for', 1)).map(pendingOf);
  return (await withRunningParents(tx, waitedFor)).slice(0, limit);
}

/**
 * Of these requests some that nobody else is about to claim, and nobody else is until the transaction ends: of the first
 * ones, as many as are wanted; if there are none, of the next. Where the engine can only wait for others: the first ones.
 */
export async function lockFree(
  tx: Transaction,
  requests: readonly PendingRequest[],
  limit: number,
): Promise<readonly PendingRequest[]> {
  if (!tx.dialect.lockFree || limit === 0) return requests.slice(0, limit);
  // Never more at once than are wanted: what is locked nobody else takes.
  for (const some of chunks(requests, limit)) {
    const free = await tx.dialect.lockFree(tx.sql, 'buildrequests', some.map(({ id }) => id)); // prettier-ignore
    if (free.size > 0) return some.filter(({ id }) => free.has(id));
  }
  return [];
}

/** The newest of them, of these builders. */
export async function readNewestPending(
  tx: Transaction,
  builderIds: readonly number[],
  limit: number,
): Promise<PendingRequest[]> {
  const rows = await unclaimed(tx, builderIds).orderBy('buildrequests.id', 'desc').limit(limit);
  return rows.map(pendingOf);
}

function unclaimed(tx: Transaction, builderIds: readonly number[]) {
  const stamps = tx.sql('buildset_sourcestamps').whereRaw('?? = ??', ['buildset_sourcestamps.buildsetid', 'buildrequests.buildsetid']); // prettier-ignore
  const query = tx
    .sql('buildrequests')
    .leftJoin('buildrequest_claims', 'buildrequest_claims.brid', 'buildrequests.id')
    .where('buildrequests.complete', 0)
    .whereNull('buildrequest_claims.brid')
    .whereExists(stamps.select(tx.sql.raw('1')))
    .where((one) => void one.where('waited_for', 0).orWhereNotExists(awaitedByBuildbot(tx)))
    .select<Row[]>('buildrequests.id', 'buildrequests.buildsetid', 'builderid', 'submitted_at');
  return tx.dialect.among(query, 'builderid', builderIds);
}

function runningParent(tx: Transaction) {
  return tx
    .sql('buildsets')
    .join('builds', 'builds.id', 'buildsets.parent_buildid')
    .whereRaw('?? = ??', ['buildsets.id', 'buildrequests.buildsetid'])
    .whereNull('builds.complete_at')
    .select(tx.sql.raw('1'));
}

/** A planner that knows no better joins this from the side of all buildsets, unless they are named. */
async function withRunningParents(tx: Transaction, requests: readonly PendingRequest[]): Promise<PendingRequest[]> {
  const running = new Set<number>();
  for (const some of chunks(requests.map(({ buildsetId }) => buildsetId))) {
    const parents = tx.sql('buildsets').join('builds', 'builds.id', 'buildsets.parent_buildid');
    const open = parents.whereIn('buildsets.id', some).whereNull('builds.complete_at');
    for (const { id } of await open.select<{ id: number }[]>('buildsets.id')) running.add(id);
  }
  return requests.filter(({ buildsetId }) => running.has(buildsetId));
}

/** A running build that waits for the request, on a master that is none of bbctl's own. */
function awaitedByBuildbot(tx: Transaction) {
  const published = tx.sql('objects').where('objects.class_name', masterClass).whereRaw('?? = ??', ['objects.name', 'masters.name_hash']); // prettier-ignore
  return runningParent(tx)
    .join('masters', 'masters.id', 'builds.masterid')
    .where('masters.active', 1)
    .whereNotExists(published.select(tx.sql.raw('1')));
}

function pendingOf({ id, buildsetid, builderid, submitted_at }: Row): PendingRequest {
  return { id, buildsetId: buildsetid, builderId: builderid, submittedAt: Number(submitted_at) };
}
