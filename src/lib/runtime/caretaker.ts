import { completeBuildsets } from '../db/complete-requests.js';
import { readLeftBuildsets } from '../db/left-buildsets.js';
import type { ClusterView } from '../model/cluster-view.js';
import { defaultExpireAfterSeconds } from '../model/master.js';
import { printable } from '../model/names.js';
import { isDead, isLivingKin } from '../model/peers.js';
import { expire } from './housekeeping.js';
import { announceNow, fenced } from './run-service.js';
import type { Ground } from './run-service.js';
import type { Services } from './services.js';

/** Leftovers that nobody is in a hurry for are looked for so often. */
const sweepSeconds = 60;
/** Whoever has completed a request completes its buildset next. */
const completionSeconds = 30;

/** Cleans up after masters that have died. */
export class Caretaker {
  /** Masters, since the start of the process. */
  expired = 0;
  private readonly ground: Ground;
  private readonly services: Services;
  private sweptMs = -Infinity;
  private completedMs = -Infinity;

  constructor(ground: Ground, services: Services) {
    this.ground = ground;
    this.services = services;
  }

  /** After who is dead at once; what else is left behind is looked for now and then. */
  async look({ peers, now }: ClusterView, signal: AbortSignal): Promise<void> {
    // Who lives cleans up after itself, and nobody else has ever been here.
    if (!this.ground.membership.mayExpireOthers || peers.every((peer) => isLivingKin(peer, now))) return;
    const isUrgent = peers.some((peer) => isDead(peer, now, defaultExpireAfterSeconds));
    const nowMs = this.ground.clock.monotonicMs();
    if (!isUrgent && nowMs - this.sweptMs < sweepSeconds * 1000) return;
    this.sweptMs = nowMs;
    await this.cleanUp(signal);
  }

  /** Buildsets that a master has left open when it died, of which all requests are complete: builds may wait for them. */
  async completeBuildsets({ now }: ClusterView): Promise<void> {
    const { store, clock, log } = this.ground;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.completedMs < sweepSeconds * 1000) return;
    this.completedMs = nowMs;
    const left = await store.glance((tx) => readLeftBuildsets(tx, now - completionSeconds));
    if (left.length === 0) return;
    await fenced(this.ground, ['buildsets', 'buildrequests'], async (tx) => {
      if (await completeBuildsets(tx, left, tx.now)) tx.announce('requests');
    });
    log.warn('completed buildsets that were left open', { buildsets: left.length });
  }

  private async cleanUp(signal: AbortSignal): Promise<void> {
    const { store, clock, log, wakeUps } = this.ground;
    const { done } = await expire(store, { clock, signal });
    if (done.length === 0) return;
    const masters = new Map(done.map(({ master }) => [master.id, master.name]));
    for (const name of masters.values()) log.warn('cleaned up after a dead master', { master: printable(name) });
    this.expired += masters.size;
    this.services.expired([...masters.keys()]);
    wakeUps.announce(['services', 'requests']);
    await announceNow(store, ['services', 'requests']);
  }
}
