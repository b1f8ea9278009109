import { findRequests } from '../db/request-lists.js';
import { snapshot } from '../db/snapshot.js';
import { cancelRequests, planCancel } from '../operations/cancel-requests.js';
import type { Blocker } from '../operation.js';
import { carryOut } from './carry-out.js';
import { announceNow } from './run-service.js';
import type { Store } from './store.js';

export type Cancelled =
  'cancelled' | 'unknown' | 'complete' | { readonly refused: Blocker; readonly claimedBy: number | null };

/** What `requests cancel` does, done by a master. */
export async function cancelRequest(store: Store, id: number): Promise<Cancelled> {
  const world = await store.read(async (tx) => ({
    cluster: await snapshot(tx, store.label, {}),
    named: await findRequests(tx, [id]),
  }));
  const [request] = world.named;
  if (!request) return 'unknown';
  if (request.complete) return 'complete';
  const plan = planCancel({ ...world, others: new Map(), isSelection: false, leftOut: [] });
  const [refused] = plan.blockers;
  if (refused) return { refused, claimedBy: request.claim?.masterId ?? null };
  const input = {
    requests: [String(id)],
    inventory: null,
    expireAfter: world.cluster.expireAfter,
    unservable: false,
    builders: [],
  };
  const done = await carryOut(store, cancelRequests(input), plan);
  await announceNow(store, ['requests']);
  return done.length > 0 ? 'cancelled' : cancelledMeanwhile(id);
}

function cancelledMeanwhile(id: number): Cancelled {
  const message = `Request ${id} has just been claimed or completed.`;
  return { refused: { message, try: 'Look at it again.', override: null }, claimedBy: null };
}
