import { completeRequests, lockBuildsets } from '../../db/complete-requests.js';
import { holdRequest, releaseRequests } from '../../db/request-claims.js';
import { finishBuild, holdEnded } from '../../db/running-builds.js';
import { retry } from '../../model/results.js';
import type { FencedTransaction } from '../service.js';
import type { StartedBuild } from './start-builds.js';

interface Ending {
  readonly results: number;
  readonly state: string;
}

/**
 * Ends a build and its request in one transaction; a request that is to be built again is given back. Returns the result,
 * which is RETRY where somebody has ended the build, or taken the request away, meanwhile.
 */
export async function endBuild(
  tx: FencedTransaction,
  masterId: number,
  { id, request }: StartedBuild,
  { results, state }: Ending,
): Promise<number> {
  await lockBuildsets(tx, [request.buildsetId]);
  const isMine = await holdRequest(tx, masterId, request.id);
  // It may have been about to be declared dead, and come back in time: what was ended as RETRY by then stays so.
  const ended = (await holdEnded(tx, id)) ?? (isMine ? results : retry);
  await finishBuild(tx, masterId, id, { results: ended, state }, tx.now);
  if (!isMine) return ended;
  if (ended === retry) {
    await releaseRequests(tx, masterId, [request.id]);
    tx.announce('requests');
    return ended;
  }
  const completions = [{ requestId: request.id, buildsetId: request.buildsetId, results: ended }];
  if (await completeRequests(tx, completions, tx.now)) tx.announce('requests');
  return ended;
}
