import { cancelled, worstOf } from '../model/results.js';
import { updatesOf } from '../model/rows.js';
import type { Row, RowSet } from '../model/rows.js';
import { groupBy } from '../model/group-by.js';
import { list } from '../model/names.js';
import type { Transaction } from './connect.js';
import { lockMaster } from './masters.js';
import type { SeenMaster } from './masters.js';
import { chunks } from './chunks.js';
import { ChangedMeanwhile, lockRows, readRows } from './rows.js';

export interface SeenClaim {
  readonly requestId: number;
  readonly claimedAt: number;
}

/** The claims that are still as they were seen, of requests that are still open. */
export async function releaseClaims(
  tx: Transaction,
  holder: SeenMaster,
  claims: readonly SeenClaim[],
): Promise<RowSet[]> {
  await lockMaster(tx, holder);
  const seen = new Map(claims.map((claim) => [claim.requestId, claim.claimedAt]));
  const open = new Set<number>();
  for (const ids of chunks([...seen.keys()])) {
    const rows = await tx.sql('buildrequests').whereIn('id', ids).where('complete', 0).select<{ id: number }[]>('id');
    for (const row of rows) open.add(row.id);
  }
  const rows = await lockRows(tx, 'buildrequest_claims', 'brid', [...seen.keys()]);
  const still = rows.filter((row) => {
    const id = Number(row['brid']);
    return open.has(id) && row['masterid'] === holder.id && row['claimed_at'] === seen.get(id);
  });
  return [{ kind: 'delete', table: 'buildrequest_claims', rows: still }];
}

export interface SeenRequest {
  readonly id: number;
  readonly buildsetId: number;
  /** Who claims it so that nobody else does: as Buildbot does when it cancels, the claim stays. */
  readonly claimFor: number;
  /** Epoch seconds: such that the claim is no sign of life, and known again by whoever finishes an interrupted step. */
  readonly claimAt: number;
  /** The stuck claim that it has, and whose that is; most have none, and there may be many. */
  readonly claim?: SeenClaim;
  readonly holder?: SeenMaster;
}

/**
 * Claim first, so that no master can start them; then complete them, and the buildsets of which they were the last.
 * What somebody else has claimed, released or completed meanwhile is left alone; throws where that is all of them.
 */
export async function cancelRequests(tx: Transaction, requests: readonly SeenRequest[]): Promise<RowSet[]> {
  await lockHolders(tx, requests);
  const buildsetIds = [...new Set(requests.map((request) => request.buildsetId))];
  const buildsets = await lockRows(tx, 'buildsets', 'id', buildsetIds, outcome);
  const rows = await lockRows(tx, 'buildrequests', 'id', idsOf(requests), outcome);
  const claims = byKey(await lockRows(tx, 'buildrequest_claims', 'brid', idsOf(requests)), 'brid');
  const unfinished = openOrCancelled(rows);
  const mine = requests.filter((request) => unfinished.has(request.id) && isMine(request, claims.get(request.id)));
  if (mine.length === 0) throw new ChangedMeanwhile(`request ${list(idsOf(requests), 5)} changed meanwhile`);
  const open = new Set(idsOf(mine));
  const after = { complete: 1, complete_at: Math.floor(await tx.dialect.now(tx.sql)), results: cancelled };
  return [
    { kind: 'insert', table: 'buildrequest_claims', rows: mine.filter(({ id }) => !claims.has(id)).map(claimOf) },
    ...updatesOf('buildrequests', rows.filter((row) => open.has(Number(row['id'])) && isOpen(row)), columns, after),
    ...(await buildsetSets(tx, mine, buildsets.filter(isOpen), after)),
  ]; // prettier-ignore
}

const columns = ['complete', 'complete_at', 'results'];
const outcome = ['id', ...columns];

function isOpen(row: Row): boolean {
  return row['complete'] === 0;
}

function idsOf(requests: readonly SeenRequest[]): number[] {
  return requests.map((request) => request.id);
}

function byKey(rows: readonly Row[], column: string): Map<number, Row> {
  return new Map(rows.map((row) => [Number(row[column]), row]));
}

async function lockHolders(tx: Transaction, requests: readonly SeenRequest[]): Promise<void> {
  const holders = new Map(requests.flatMap(({ holder }) => (holder ? [[holder.id, holder]] : [])));
  for (const holder of holders.values()) await lockMaster(tx, holder);
}

/** Without transactions a step may have been interrupted after a request and before its buildset. */
function openOrCancelled(rows: readonly Row[]): Set<number> {
  return new Set(rows.filter((row) => isOpen(row) || row['results'] === cancelled).map((row) => Number(row['id'])));
}

/** Nobody else has it: it is unclaimed, has the stuck claim that was seen, or the one that is made here. */
function isMine(request: SeenRequest, claim: Row | undefined): boolean {
  if (claim === undefined) return request.claim === undefined;
  const [masterId, at] = [claim['masterid'], claim['claimed_at']];
  if (request.claim) return at === request.claim.claimedAt && masterId === request.holder?.id;
  return at === request.claimAt && masterId === request.claimFor;
}

function claimOf({ id, claimFor, claimAt }: SeenRequest): Row {
  return { brid: id, masterid: claimFor, claimed_at: claimAt };
}

/** The open buildsets of which no request is left open, each with the worst result. */
async function buildsetSets(
  tx: Transaction,
  mine: readonly SeenRequest[],
  open: readonly Row[],
  after: Row,
): Promise<RowSet[]> {
  const wanted = new Set(mine.map((request) => request.buildsetId));
  const ended = new Set(idsOf(mine));
  const ids = open.map((row) => Number(row['id'])).filter((id) => wanted.has(id));
  const requests = await readRows(tx, 'buildrequests', 'buildsetid', ids, ['id', 'buildsetid', 'complete', 'results']);
  const byBuildset = groupBy(requests, (row) => Number(row['buildsetid']));
  const results = new Map<number, number>();
  for (const [id, rows] of byBuildset) {
    const others = rows.filter((row) => !ended.has(Number(row['id'])));
    if (!others.some(isOpen)) results.set(id, worstOf([cancelled, ...others.map((row) => Number(row['results']))]));
  }
  return [...groupBy([...results], ([, result]) => result)].flatMap(([result, some]) => {
    const these = new Set(some.map(([id]) => id));
    const rows = open.filter((row) => these.has(Number(row['id'])));
    return updatesOf('buildsets', rows, columns, { ...after, results: result });
  });
}
