import { retry } from '../model/results.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';
import { readRows } from './rows.js';

/** Open requests that this master has claimed. */
export async function readOpenClaims(tx: Transaction, masterId: number): Promise<number[]> {
  const rows = await tx
    .sql('buildrequests')
    .join('buildrequest_claims', 'buildrequest_claims.brid', 'buildrequests.id')
    .where('buildrequests.complete', 0)
    .where('buildrequest_claims.masterid', masterId)
    .select<{ id: number }[]>('buildrequests.id');
  return rows.map(({ id }) => id);
}

/** Ends what this master has begun for these requests, with open steps and logs, as RETRY. */
export async function endBuildsFor(
  tx: Transaction,
  masterId: number,
  requestIds: readonly number[],
  now: number,
): Promise<void> {
  const found = await readRows(tx, 'builds', 'buildrequestid', requestIds, ['id', 'masterid', 'complete_at']);
  const open = found.filter((row) => row['masterid'] === masterId && row['complete_at'] === null);
  const builds = open.map((row) => Number(row['id']));
  const steps = (await readRows(tx, 'steps', 'buildid', builds, ['id'])).map((row) => Number(row['id']));
  const ended = { complete_at: Math.floor(now), results: retry };
  for (const some of chunks(steps)) await tx.sql('logs').whereIn('stepid', some).where('complete', 0).update({ complete: 1 });
  for (const some of chunks(builds)) {
    await tx.sql('steps').whereIn('buildid', some).whereNull('complete_at').update(ended);
    await tx.sql('builds').whereIn('id', some).whereNull('complete_at').update(ended);
  }
} // prettier-ignore
