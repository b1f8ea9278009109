import type { Me } from '../../db/fence.js';
import { endBuildsFor, readOpenClaims } from '../../db/unfinished-work.js';
import { holdOpen, releaseRequests } from '../../db/request-claims.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Membership } from '../membership.js';
import type { FencedTransaction } from '../service.js';
import type { Store } from '../store.js';
import type { Scribe } from './scribe.js';

export interface LostClaimsOptions {
  readonly me: Me;
  readonly membership: Membership;
  readonly scribe: Scribe;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** Requests that are built here. */
  readonly building: () => ReadonlySet<number>;
}

/**
 * Claims of this master that nothing here builds: where there are no transactions a claim stays when what was to follow
 * fails, and the end of a build may be what could not be written. Nobody else would take them while this master lives.
 */
export class LostClaims {
  private readonly options: LostClaimsOptions;
  private lookedMs = -Infinity;

  constructor(options: LostClaimsOptions) {
    this.options = options;
  }

  /** Not while something is being claimed. Looks once in each beat. */
  async giveBack(): Promise<void> {
    const { me, membership, scribe, store, clock, log } = this.options;
    if (clock.monotonicMs() - this.lookedMs < membership.beatMs) return;
    this.lookedMs = clock.monotonicMs();
    const lost = this.unknown(await store.glance((tx) => readOpenClaims(tx, me.id)));
    if (lost.length === 0) return;
    const given = await scribe.write((tx) => this.release(tx, lost));
    if (given > 0) log.warn('gave back what it had claimed and did not build', { requests: given });
  }

  private unknown(requestIds: Iterable<number>): number[] {
    const building = this.options.building();
    return [...requestIds].filter((id) => !building.has(id));
  }

  /** What has ended since it was looked is not open any more. */
  private async release(tx: FencedTransaction, requestIds: readonly number[]): Promise<number> {
    const { id } = this.options.me;
    const lost = this.unknown(await holdOpen(tx, id, requestIds));
    await endBuildsFor(tx, id, lost, tx.now);
    await releaseRequests(tx, id, lost);
    if (lost.length > 0) tx.announce('requests');
    return lost.length;
  }
}
