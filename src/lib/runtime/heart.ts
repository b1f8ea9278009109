import { NotMember } from '../db/fence.js';
import { Failure } from '../errors.js';
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import type { Membership } from './membership.js';
import type { Services } from './services.js';

/** A database that is restarted is soon back. */
const retryMs = 1000;

interface Body {
  readonly membership: Membership;
  readonly services: Services;
  readonly clock: Clock;
  readonly log: Log;
}

/** Beats, and stops what runs when it is not known any more that it is heard. */
export class Heart {
  /** Beats since the start of the process. */
  readonly counts = { done: 0, failed: 0 };
  private readonly body: Body;

  constructor(body: Body) {
    this.body = body;
  }

  /** Until the end of this life, which it ends itself when it was declared dead. */
  async beat(life: AbortController): Promise<void> {
    const { clock, membership } = this.body;
    const { beatMs } = membership;
    while (!life.signal.aborted) {
      const begun = clock.monotonicMs();
      const isAlive = await this.tryToBeat(life);
      const restMs = begun + beatMs - clock.monotonicMs();
      await clock.sleep(isAlive ? restMs : Math.min(beatMs, retryMs), life.signal);
    }
  }

  private async tryToBeat(life: AbortController): Promise<boolean> {
    try {
      await this.body.membership.beatOnce();
      this.counts.done++;
      return true;
    } catch (error) {
      this.counts.failed++;
      this.body.log.warn(`no heartbeat: ${(error as Error).message}`);
      if (error instanceof NotMember) life.abort();
      else if (!(error instanceof Failure)) throw error;
      return false;
    }
  }

  /** Stops acting in time, however long a heartbeat hangs. */
  async guard(signal: AbortSignal): Promise<void> {
    const { clock, membership } = this.body;
    while (!signal.aborted) {
      const leftMs = membership.trustLeftMs;
      if (leftMs <= 0) await this.fence();
      await clock.sleep(leftMs > 0 ? leftMs : membership.beatMs / 4, signal);
    }
  }

  private async fence(): Promise<void> {
    const { services, log } = this.body;
    if (services.active.length === 0) return;
    log.warn('fenced: no heartbeat was acknowledged for too long');
    await services.suspend();
  }
}
