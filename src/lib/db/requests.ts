import { cancelled, worstOf } from '../model/results.js';
import type { Row, RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { lockMaster } from './masters.js';
import type { SeenMaster } from './masters.js';
import { chunks } from './chunks.js';
import { ChangedMeanwhile, lockRows } from './rows.js';

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
  /** Epoch seconds; `null` for now. */
  readonly claimAt: number | null;
  /** The stuck claim that it has. */
  readonly claim: SeenClaim | null;
  readonly holder: SeenMaster | null;
}

/** Claim first, so that no master can start it; then complete it, and its buildset when it was the last of it. */
export async function cancelRequest(tx: Transaction, request: SeenRequest): Promise<RowSet[]> {
  if (request.holder) await lockMaster(tx, request.holder);
  const [buildset] = await lockRows(
    tx,
    'buildsets',
    'id',
    [request.buildsetId],
    ['complete', 'complete_at', 'results'],
  );
  const [row] = await lockRows(tx, 'buildrequests', 'id', [request.id], ['complete', 'complete_at', 'results']);
  if (row?.['complete'] !== 0) throw new ChangedMeanwhile(`request ${request.id} is complete by now`);
  const now = Math.floor(await tx.dialect.now(tx.sql));
  const after = { complete: 1, complete_at: now, results: cancelled };
  return [
    ...(await claimSets(tx, request, now)),
    { kind: 'update', table: 'buildrequests', keys: [request.id], before: row, after },
    ...(await buildsetSets(tx, request, buildset, now)),
  ];
}

async function claimSets(tx: Transaction, request: SeenRequest, now: number): Promise<RowSet[]> {
  const [claim] = await lockRows(tx, 'buildrequest_claims', 'brid', [request.id]);
  const same =
    claim === undefined
      ? request.claim === null
      : claim['claimed_at'] === request.claim?.claimedAt && claim['masterid'] === request.holder?.id;
  if (!same) throw new ChangedMeanwhile(`request ${request.id} was claimed or released meanwhile`);
  if (claim !== undefined) return [];
  return [
    {
      kind: 'insert',
      table: 'buildrequest_claims',
      rows: [{ brid: request.id, masterid: request.claimFor, claimed_at: request.claimAt ?? now }],
    },
  ];
}

async function buildsetSets(
  tx: Transaction,
  request: SeenRequest,
  buildset: Row | undefined,
  now: number,
): Promise<RowSet[]> {
  if (buildset?.['complete'] !== 0) return [];
  const others = await tx
    .sql('buildrequests')
    .where('buildsetid', request.buildsetId)
    .whereNot('id', request.id)
    .select<Row[]>('complete', 'results');
  if (others.some((other) => other['complete'] === 0)) return [];
  const results = worstOf([cancelled, ...others.map((other) => Number(other['results']))]);
  return [
    {
      kind: 'update',
      table: 'buildsets',
      keys: [request.buildsetId],
      before: buildset,
      after: { complete: 1, complete_at: now, results },
    },
  ];
}
