import type { Builds } from './builds/builds.js';
import type { Log } from './log.js';
import type { Services } from './services.js';
import type { Alarm, WakeUps } from './wake-ups.js';

/** What a master that is told to go has to do with. */
export interface DepartureGround {
  readonly services: Services;
  readonly builds: Builds;
  readonly wakeUps: WakeUps;
  readonly log: Log;
  /** It is a member of the cluster: something is there to be handed over, or to be ended. */
  readonly isLiving: () => boolean;
  /** Settled when the cluster was told what it is now, and its services are handed over, as far as the database answers. */
  readonly told: (signal: AbortSignal) => Promise<void>;
}

/**
 * How a master goes: it drains (which can be taken back), or it stops quickly; or it drains and is then told to be quick.
 * When all is done for which it has to be a member of the cluster, `ending` is aborted.
 */
export class Departure {
  isDraining = false;
  isQuick = false;
  private readonly ground: DepartureGround;
  private readonly end = new AbortController();
  /** Rings when it is told to drain, or not to, and when the last build has ended. */
  private readonly alarm: Alarm;

  constructor(ground: DepartureGround) {
    this.ground = ground;
    this.alarm = ground.wakeUps.alarm([]);
  }

  get ending(): AbortSignal {
    return this.end.signal;
  }

  /** The last build has ended. */
  onIdle(): void {
    this.alarm.ringAnyhow();
  }

  /** Declared dead: nothing is left that it could finish. */
  onLost(): void {
    if (this.isDraining) this.end.abort();
  }

  drain(): void {
    if (this.isDraining || this.ending.aborted) return;
    this.ground.log.info('draining');
    this.turn(true);
    if (!this.ground.isLiving()) this.end.abort();
  }

  /** `false`: it was not draining, or has left already. */
  cancelDrain(): boolean {
    if (!this.isDraining || this.ending.aborted) return false;
    this.ground.log.info('draining no more');
    this.turn(false);
    return true;
  }

  /** Builds end as RETRY; services are free when it has left. */
  async stop(): Promise<void> {
    if (this.isQuick || this.ending.aborted) return;
    const { builds, log, isLiving } = this.ground;
    log.info('stopping quickly', { builds: builds.running.length });
    this.isQuick = true;
    if (isLiving()) await builds.giveBack('master stops');
    this.end.abort();
  }

  /** Services are handed over first; then it waits for its builds. */
  async whenDrained(signal: AbortSignal): Promise<void> {
    const { builds, told } = this.ground;
    while (!signal.aborted) {
      if (this.isDraining) {
        await told(signal);
        if (this.isDraining && (await builds.close()) && this.isDraining) return this.end.abort();
      }
      await this.alarm.wait(null, signal);
    }
  }

  private turn(isDraining: boolean): void {
    const { services, builds, wakeUps } = this.ground;
    this.isDraining = isDraining;
    services.leave(isDraining);
    builds.begins(isDraining ? 'waited for' : 'all');
    this.alarm.ringAnyhow();
    wakeUps.announce(['services']);
  }
}
