/* Work of a master that it will not finish: its builds end as RETRY, with their steps and logs, and its requests are given back. */
import { retry } from '../model/results.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';
import { releaseRequests } from './request-claims.js';
import { readRows } from './rows.js';

export const workTables: readonly string[] = ['builds', 'steps', 'logs', 'buildrequests', 'buildrequest_claims'];

/** Open requests that this master has claimed. */
export async function readOpenClaims(tx: Transaction, masterId: number): Promise<number[]> {
  const open = tx.sql('buildrequests').join('buildrequest_claims', 'buildrequest_claims.brid', 'buildrequests.id');
  return idsOf(open.where({ complete: 0, masterid: masterId }).select('buildrequests.id'));
}

/** Of a master that leaves: what it has not come to end, because the database was slow or away. `now`: epoch seconds. */
export async function giveBackUnfinished(tx: Transaction, masterId: number, now: number): Promise<void> {
  await endBuilds(tx, await idsOf(tx.sql('builds').where('masterid', masterId).whereNull('complete_at').select('id')), now); // prettier-ignore
  await releaseRequests(tx, masterId, await readOpenClaims(tx, masterId));
}

/** Ends what this master has begun for these requests. */
export async function endBuildsFor(
  tx: Transaction,
  masterId: number,
  requestIds: readonly number[],
  now: number,
): Promise<void> {
  const found = await readRows(tx, 'builds', 'buildrequestid', requestIds, ['id', 'masterid', 'complete_at']);
  const open = found.filter((row) => row['masterid'] === masterId && row['complete_at'] === null);
  await endBuilds(tx, open.map((row) => Number(row['id'])), now); // prettier-ignore
}

async function endBuilds(tx: Transaction, builds: readonly number[], now: number): Promise<void> {
  const ended = { complete_at: Math.floor(now), results: retry };
  for (const some of chunks(builds)) {
    const steps = await idsOf(tx.sql('steps').whereIn('buildid', some).select('id'));
    for (const few of chunks(steps)) {
      await tx.sql('logs').whereIn('stepid', few).where('complete', 0).update({ complete: 1 });
      await tx.sql('steps').whereIn('id', few).whereNull('complete_at').update(ended);
    }
    await tx.sql('builds').whereIn('id', some).whereNull('complete_at').update(ended);
  }
}

async function idsOf(query: PromiseLike<{ readonly id: number }[]>): Promise<number[]> {
  return (await query).map(({ id }) => id);
}
