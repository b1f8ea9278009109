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
 * Of these requests some that nobody has claimed or is about to claim, and nobody else can until the transaction ends
 * (where the engine can only wait for others: nobody has claimed): the first ones, at least half as many as are wanted,
 * if there are so many.
 */
export async function lockFree(
  tx: Transaction,
  requests: readonly PendingRequest[],
  limit: number,
): Promise<readonly PendingRequest[]> {
  const free: PendingRequest[] = [];
  // Never more than are wanted: what is locked nobody else takes. To the last one it would be many statements.
  for (let rest = requests; free.length < limit / 2 && rest.length > 0;) {
    const some = rest.slice(0, limit - free.length);
    rest = rest.slice(some.length);
    const found = await lockUnclaimed(tx, some.map(({ id }) => id)); // prettier-ignore
    free.push(...some.filter(({ id }) => found.has(id)));
  }
  return free;
}

async function lockUnclaimed(tx: Transaction, ids: readonly number[]): Promise<Set<number>> {
  const claims = tx.sql('buildrequest_claims').whereRaw('?? = ??', ['buildrequest_claims.brid', 'buildrequests.id']);
  const query = tx.dialect.lockFree(tx.sql, 'buildrequests').whereIn('id', ids).where('complete', 0);
  const rows = await query.whereNotExists(claims.select(tx.sql.raw('1'))).select<{ id: number }[]>('id');
  return new Set(rows.map(({ id }) => id));
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
