import { heartbeatSeconds } from './master.js';
import type { Master } from './master.js';

export interface Claim {
  readonly masterId: number;
  readonly claimedAt: number;
}

/** A build request that is not complete. */
export interface OpenRequest {
  readonly id: number;
  readonly buildsetId: number;
  readonly builderId: number;
  readonly priority: number;
  readonly submittedAt: number;
  /** A running build waits for it. */
  readonly waitedFor: boolean;
  readonly claim: Claim | null;
}

/**
 * Will nobody ever build or release it? Its holder is dead, unclean or gone. A claim made later than the
 * holder's next heartbeat was due may be of a new process that is just starting under the same name.
 */
export function isStuck(claim: Claim | null, holder: Master | undefined): boolean {
  if (claim === null) return false;
  if (holder === undefined) return true;
  if (holder.state !== 'dead' && holder.state !== 'unclean') return false;
  return claim.claimedAt <= holder.lastActive + heartbeatSeconds;
}
