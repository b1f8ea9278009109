import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';

/** Claims what is free of these requests; the unique index is the arbiter. Returns those that are this master's then. */
export async function claimRequests(
  tx: Transaction,
  masterId: number,
  ids: readonly number[],
  now: number,
): Promise<Set<number>> {
  const mine = new Set<number>();
  for (const some of chunks(ids, 500)) {
    await addClaims(tx, masterId, some, now);
    const claims = tx.sql('buildrequest_claims').whereIn('brid', some).where('masterid', masterId);
    for (const { brid } of await claims.select<{ brid: number }[]>('brid')) mine.add(brid);
  }
  return mine;
}

/** The same, but for those that are complete: somebody may have cancelled some meanwhile. */
export async function claimOpen(
  tx: Transaction,
  masterId: number,
  ids: readonly number[],
  now: number,
): Promise<Set<number>> {
  for (const some of chunks(ids, 500)) await addClaims(tx, masterId, some, now);
  return holdOpen(tx, masterId, ids);
}

async function addClaims(tx: Transaction, masterId: number, ids: readonly number[], now: number): Promise<void> {
  const rows = ids.map((brid) => ({ brid, masterid: masterId, claimed_at: Math.floor(now) }));
  await tx.sql('buildrequest_claims').insert(rows).onConflict(['brid']).ignore();
}

/** Those that this master has claimed, and that are not complete: somebody may have cancelled some in its name. */
export async function holdOpen(tx: Transaction, masterId: number, ids: readonly number[]): Promise<Set<number>> {
  const held = new Set<number>();
  for (const some of chunks(ids, 500)) {
    const claims = tx.sql('buildrequest_claims').whereIn('brid', some).where('masterid', masterId);
    const mine = (await tx.dialect.locking(claims).select<{ brid: number }[]>('brid')).map(({ brid }) => brid);
    const open = tx.sql('buildrequests').whereIn('id', mine).where('complete', 0);
    for (const { id } of await tx.dialect.locking(open).select<{ id: number }[]>('id')) held.add(id);
  }
  return held;
}

/** Gives requests back. */
export async function releaseRequests(tx: Transaction, masterId: number, ids: readonly number[]): Promise<void> {
  for (const some of chunks(ids))
    await tx.sql('buildrequest_claims').whereIn('brid', some).where('masterid', masterId).delete();
}

/** Is it this master's? Nobody can take it before the transaction ends. */
export async function holdRequest(tx: Transaction, masterId: number, id: number): Promise<boolean> {
  const query = tx.dialect.locking(tx.sql('buildrequest_claims').where('brid', id));
  return (await query.first<{ masterid: number } | undefined>('masterid'))?.masterid === masterId;
}
