import type { Queue } from '../model/cluster.js';
import { groupBy } from '../model/group-by.js';
import type { Claim, OpenRequest } from '../model/request.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';

type Raw = Record<string, unknown>;

/**
 * Every request that is not complete. The claims are read by their requests' ids: a join is a scan of all claims as
 * soon as many requests are open. Asked for an order or a limit, a planner that believes old statistics may go
 * through all requests in that order.
 */
export async function readOpenRequests(tx: Transaction): Promise<OpenRequest[]> {
  const rows = await tx
    .sql('buildrequests as r')
    .where('r.complete', 0)
    .select<Raw[]>(...ownColumns);
  const requests = new Map<number, OpenRequest>();
  // Each row is let go as soon as it is read: a hundred thousand of them are much.
  for (let row = rows.pop(); row !== undefined; row = rows.pop()) requests.set(Number(row['id']), requestOf(row));
  for (const ids of chunks([...requests.keys()])) {
    const claims = await tx
      .sql('buildrequest_claims')
      .whereIn('brid', ids)
      .select<Raw[]>('brid', 'masterid', 'claimed_at');
    for (const claim of claims) {
      const request = requests.get(Number(claim['brid']));
      if (request) requests.set(request.id, { ...request, claim: claimOf(claim) });
    }
  }
  return [...requests.values()].sort((a, b) => a.id - b.id);
}

/** What waits, builder by builder. */
export function queuesOf(requests: readonly OpenRequest[]): Queue[] {
  const pending = groupBy(
    requests.filter((request) => request.claim === null),
    (request) => request.builderId,
  );
  return [...pending].map(([builderId, waiting]) => ({
    builderId,
    length: waiting.length,
    oldestSubmittedAt: waiting.reduce((oldest, { submittedAt }) => Math.min(oldest, submittedAt), Infinity),
  }));
}

const ownColumns = ['r.id', 'r.buildsetid', 'r.builderid', 'r.priority', 'r.submitted_at', 'r.waited_for'];
const requestColumns = [...ownColumns, 'c.masterid', 'c.claimed_at'];

function requestOf(row: Raw): OpenRequest {
  const isClaimed = row['masterid'] !== null && row['masterid'] !== undefined;
  return {
    id: Number(row['id']),
    buildsetId: Number(row['buildsetid']),
    builderId: Number(row['builderid']),
    priority: Number(row['priority']),
    submittedAt: Number(row['submitted_at']),
    waitedFor: Number(row['waited_for']) !== 0,
    claim: isClaimed ? claimOf(row) : null,
  };
}

function claimOf(row: Raw): Claim {
  return { masterId: Number(row['masterid']), claimedAt: Number(row['claimed_at']) };
}

export interface FoundRequest extends OpenRequest {
  readonly complete: boolean;
  /** Buildbot's number; -1 while it is open. */
  readonly results: number;
  readonly buildsetComplete: boolean;
  /** The open build that waits for it, and the master that runs that. */
  readonly parent: { readonly buildId: number; readonly masterId: number; readonly startedAt: number } | null;
}

/** Requests by id, complete ones too. */
export async function findRequests(tx: Transaction, ids: readonly number[]): Promise<FoundRequest[]> {
  const found: FoundRequest[] = [];
  for (const some of chunks(ids)) {
    const rows = await tx
      .sql('buildrequests as r')
      .leftJoin('buildrequest_claims as c', 'c.brid', 'r.id')
      .leftJoin('buildsets as s', 's.id', 'r.buildsetid')
      .leftJoin('builds as p', (join) => join.on('p.id', 's.parent_buildid').onNull('p.complete_at'))
      .whereIn('r.id', some)
      .orderBy('r.id')
      .select<Record<string, unknown>[]>(
        ...requestColumns,
        'r.complete',
        'r.results',
        's.complete as buildsetcomplete',
        'p.id as parentid',
        'p.masterid as parentmasterid',
        'p.started_at as parentstartedat',
      );
    found.push(...rows.map(foundRequest));
  }
  return found;
}

function foundRequest(row: Record<string, unknown>): FoundRequest {
  const parent =
    row['parentid'] === null
      ? null
      : {
          buildId: Number(row['parentid']),
          masterId: Number(row['parentmasterid']),
          startedAt: Number(row['parentstartedat']),
        };
  return {
    ...requestOf(row),
    complete: Number(row['complete']) !== 0,
    results: Number(row['results']),
    buildsetComplete: Number(row['buildsetcomplete']) !== 0,
    parent,
  };
}

/** Open requests, oldest first: at most `limit` of them. */
export async function listRequests(
  tx: Transaction,
  { pending, limit }: { pending: boolean; limit: number },
): Promise<OpenRequest[]> {
  const requests = await readOpenRequests(tx);
  return requests.filter((request) => !pending || request.claim === null).slice(0, limit);
}

/** The oldest request of a builder that nobody has claimed. */
export async function oldestPending(tx: Transaction, builderId: number): Promise<number | null> {
  const row = await tx
    .sql('buildrequests as r')
    .leftJoin('buildrequest_claims as c', 'c.brid', 'r.id')
    .where('r.complete', 0)
    .where('r.builderid', builderId)
    .whereNull('c.brid')
    .min({ id: 'r.id' })
    .first<{ id: number | null }>();
  return row.id;
}
