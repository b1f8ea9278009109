import { retry } from '../model/results.js';
import { chunks } from './chunks.js';
import type { Transaction } from './connect.js';
import { releaseRequests } from './request-claims.js';

export const workTables: readonly string[] = ['builds', 'steps', 'logs', 'buildrequests', 'buildrequest_claims'];

/**
 * What a master that leaves has not come to end, because the database was slow or away: its builds end as RETRY, with their
 * steps and logs, and its requests are given back. `now`: epoch seconds.
 */
export async function giveBackUnfinished(tx: Transaction, masterId: number, now: number): Promise<void> {
  const builds = await idsOf(tx.sql('builds').where('masterid', masterId).whereNull('complete_at').select('id'));
  const ended = { complete_at: Math.floor(now), results: retry };
  for (const some of chunks(builds)) {
    const steps = await idsOf(tx.sql('steps').whereIn('buildid', some).select('id'));
    for (const few of chunks(steps)) {
      await tx.sql('logs').whereIn('stepid', few).where('complete', 0).update({ complete: 1 });
      await tx.sql('steps').whereIn('id', few).whereNull('complete_at').update(ended);
    }
    await tx.sql('builds').whereIn('id', some).whereNull('complete_at').update(ended);
  }
  const open = tx.sql('buildrequests').join('buildrequest_claims', 'buildrequest_claims.brid', 'buildrequests.id');
  const requests = await idsOf(open.where({ complete: 0, masterid: masterId }).select('buildrequests.id'));
  await releaseRequests(tx, masterId, requests);
}

async function idsOf(query: PromiseLike<{ readonly id: number }[]>): Promise<number[]> {
  return (await query).map(({ id }) => id);
}
