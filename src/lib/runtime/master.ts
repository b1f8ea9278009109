/*
 * A living master of bbctl's own. It joins the cluster, and then a few loops go on side by side: its heart beats; it
 * looks at the cluster at each beat, and when woken, and takes, runs and hands over clustered services accordingly; it
 * cleans up after the dead. When it cannot know any more that it is alive for the others it stops acting (`fenced`), and
 * when it was declared dead it begins anew.
 */
import { NotHolder, NotMember } from '../db/fence.js';
import type { Registration } from '../db/registrations.js';
import { Failure } from '../errors.js';
import type { ClusterView } from '../model/cluster-view.js';
import { spokesman } from '../model/peers.js';
import { unlessAborted } from './aborted.js';
import { Builds } from './builds/builds.js';
import { nothingToBuild } from './builds/building.js';
import type { Building } from './builds/building.js';
import { thisMachine } from './builds/machine.js';
import type { Machine } from './builds/machine.js';
import { Caretaker } from './caretaker.js';
import { Chronicle } from './chronicle.js';
import type { Clock } from './clock.js';
import { watchMarks } from './hear.js';
import type { Ear } from './hear.js';
import { Departure } from './departure.js';
import { Heart } from './heart.js';
import type { Log } from './log.js';
import { Membership } from './membership.js';
import type { Orders, RunningBuild } from './orders.js';
import { Publication } from './publication.js';
import type { Facts } from './publication.js';
import { announceNow } from './run-service.js';
import type { ClusteredService } from './service.js';
import { Services } from './services.js';
import type { Stores } from './stores.js';
import { WakeUps } from './wake-ups.js';

/** What a master is to do, made of its configuration. */
export interface Work {
  readonly registration: Registration;
  readonly services: readonly ClusteredService[];
  /** Nothing, where it is not said. */
  readonly building?: Building;
}

export interface MasterOptions {
  readonly name: string;
  readonly expireAfterMs: number;
  readonly work: Work;
  readonly stores: Stores;
  /** Where its workers work. */
  readonly workDir: string;
  /** Where its builds run commands; this one, unless said otherwise. */
  readonly machine?: Machine;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears of announcements at once, where the database can tell. */
  readonly ear: Ear | null;
  /** How often it looks for announcements where the database cannot tell; each second unless said otherwise. */
  readonly lookMs?: number;
  /** Reads its configuration again; as `Orders.reconfig`. */
  readonly reconfig?: () => Promise<string | null>;
}

export type MasterState = 'starting' | 'active' | 'draining' | 'fenced' | 'stopping' | 'stopped';

/** More than looks at the cluster differ by. */
const clockSetMs = 2000;

export class Master {
  readonly membership: Membership;
  readonly services: Services;
  readonly wakeUps: WakeUps;
  view: ClusterView | null = null;
  readonly heart: Heart;
  readonly caretaker: Caretaker;
  readonly builds: Builds;
  readonly chronicle: Chronicle;
  readonly orders: Orders;
  /** `host:port` of its REST API, for the cluster to know. */
  listen: string | null = null;
  private work: Work;
  private readonly options: MasterOptions;
  private current: MasterState = 'starting';
  /** The database's clock before the one of this process, at the last look. */
  private clockAheadMs = NaN;
  private isLiving = false;
  private readonly departure: Departure;
  private readonly publication: Publication;
  /** They wait for the next look at the cluster. */
  private onLook: (() => void)[] = [];

  constructor(options: MasterOptions) {
    const { name, expireAfterMs, stores, clock, log, work, workDir, machine = thisMachine } = options;
    this.options = options;
    this.work = work;
    this.wakeUps = new WakeUps(clock);
    this.membership = new Membership({ name, expireAfterMs, store: stores.heart, clock, log });
    const ground = { membership: this.membership, store: stores.work, clock, wakeUps: this.wakeUps, log };
    this.chronicle = new Chronicle(this.membership.beatMs);
    this.services = new Services(ground);
    this.services.configure(work.services);
    this.heart = new Heart({ ...ground, services: this.services });
    this.caretaker = new Caretaker(ground, this.services);
    const onIdle = (): void => this.departure.onIdle();
    this.builds = new Builds({ ...ground, store: stores.builds, workDir, machine, onIdle });
    this.builds.configure(work.building ?? nothingToBuild);
    const { services, builds } = this;
    const told = (signal: AbortSignal): Promise<void> => this.nextLook(signal);
    this.departure = new Departure({ ...ground, services, builds, isLiving: () => this.isLiving, told });
    const facts = (): Facts => ({ work: this.work, isDraining: this.departure.isDraining, listen: this.listen });
    this.publication = new Publication({ ...ground, facts });
    this.orders = {
      drain: () => this.departure.drain(),
      cancelDrain: () => this.departure.cancelDrain(),
      stop: () => void this.departure.stop(),
      reconfig: options.reconfig ?? (() => Promise.resolve('its configuration is in no file')),
      stopBuild: (id, reason) => this.builds.stopBuild(id, reason),
    };
  }

  get running(): readonly RunningBuild[] {
    return this.builds.running;
  }

  get state(): MasterState {
    const { isQuick, isDraining } = this.departure;
    if (isQuick && this.current !== 'stopped') return 'stopping';
    if (this.current !== 'active') return this.current;
    if (!this.membership.trusted) return 'fenced';
    return isDraining ? 'draining' : 'active';
  }

  /** Of all masters of bbctl's own, this one does what one of them must. */
  get isSpokesman(): boolean {
    const { view } = this;
    const me = this.membership.trusted;
    return me !== null && view !== null && this.state === 'active' && spokesman(view.peers, view.now) === me.id;
  }

  /** Runs until it has left the cluster: it drains at the first signal, and stops quickly at the second. */
  async run(signal: AbortSignal, quick: AbortSignal = new AbortController().signal): Promise<void> {
    whenAborted(signal, () => this.departure.drain());
    whenAborted(quick, () => void this.departure.stop());
    const { ending } = this.departure;
    await this.builds.killLeftovers();
    await this.membership.join(this.publication.offer, ending);
    while (!ending.aborted) {
      await this.live(ending);
      await this.services.suspend();
      this.current = 'starting';
      this.departure.onLost();
      await this.joinAgain(ending);
    }
    await this.leave();
  }

  /** It was declared dead, perhaps because the database is away: that is no reason to give up. */
  private async joinAgain(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    while (!signal.aborted) {
      try {
        return await this.membership.join(this.publication.offer, signal);
      } catch (error) {
        const isAway = error instanceof Failure && (error.code === 'unreachable' || error.code === 'timedOut');
        if (!isAway) throw error;
        log.warn(`cannot join the cluster: ${error.message}`);
        await clock.sleep(this.membership.beatMs, signal);
      }
    }
  }

  /** Takes another configuration over, while it runs; the cluster hears of it as soon as the database answers. */
  configure(work: Work): void {
    this.work = work;
    this.services.configure(work.services);
    this.builds.configure(work.building ?? nothingToBuild);
    this.wakeUps.announce(['services']);
  }

  /** From joining the cluster until the signal, or until it was declared dead. */
  private async live(signal: AbortSignal): Promise<void> {
    const { clock, stores, ear, lookMs = 1000 } = this.options;
    const me = this.membership.run;
    if (!me) return;
    const life = new AbortController();
    const end = (): void => life.abort();
    signal.addEventListener('abort', end);
    this.isLiving = true;
    const during = { clock, store: stores.work, wakeUps: this.wakeUps, signal: life.signal };
    const loops = [
      this.heart.beat(life),
      this.heart.guard(life.signal),
      this.lookAround(life.signal),
      watchMarks({ ...during, lookMs }),
      this.builds.live(me, life.signal),
      this.departure.whenDrained(life.signal),
      ear ? ear((topic) => this.wakeUps.announce([topic]), life.signal) : Promise.resolve(),
    ];
    try {
      await Promise.all(loops);
    } finally {
      life.abort();
      signal.removeEventListener('abort', end);
      await Promise.allSettled(loops);
      this.isLiving = false;
    }
  }

  /** When it has published what it is now, and has looked at the cluster, as far as the database answers. */
  private async nextLook(signal: AbortSignal): Promise<void> {
    const looked = new Promise<void>((resolve) => this.onLook.push(resolve));
    this.wakeUps.announce(['services']);
    await unlessAborted(looked, signal);
  }

  /** Publishes what it is, then looks at the cluster at each beat, and when it is woken. */
  private async lookAround(signal: AbortSignal): Promise<void> {
    const alarm = this.wakeUps.alarm(['services']);
    this.publication.forget();
    while (!signal.aborted) {
      const waiting = this.onLook.splice(0);
      try {
        if (!this.publication.isCurrent) await this.publication.renew();
        if (this.current === 'starting') this.current = 'active';
        await this.look(signal);
      } catch (error) {
        if (!(error instanceof Failure || error instanceof NotMember || error instanceof NotHolder)) throw error;
        this.options.log.warn(`cannot look at the cluster: ${error.message}`);
      }
      for (const tell of waiting) tell();
      await alarm.wait(this.membership.beatMs, signal);
    }
    alarm.close();
  }

  private async look(signal: AbortSignal): Promise<void> {
    const wasSpokesman = this.isSpokesman;
    const view = await this.services.turn();
    if (!view) return;
    this.view = view;
    this.chronicle.observe(view);
    this.publication.verify(view);
    this.followClock(view);
    // What the last one has left.
    if (this.isSpokesman && !wasSpokesman) this.wakeUps.announce(['requests']);
    await this.caretaker.look(view, signal);
    if (this.isSpokesman) await this.caretaker.completeBuildsets(view);
  }

  /** Whoever sleeps until a time of the database's clock looks at it anew, where that was set, or this machine slept. */
  private followClock({ now }: ClusterView): void {
    const aheadMs = now * 1000 - this.options.clock.monotonicMs();
    if (Math.abs(aheadMs - this.clockAheadMs) > clockSetMs) this.wakeUps.ringAll();
    this.clockAheadMs = aheadMs;
  }

  private async leave(): Promise<void> {
    this.current = 'stopping';
    const { log } = this.options;
    try {
      await this.membership.leave();
      await announceNow(this.options.stores.work, ['services', 'requests']);
      log.info('left the cluster');
    } catch (error) {
      if (!(error instanceof Failure || error instanceof NotMember)) throw error;
      log.warn(`could not leave the cluster in order; the others will clean up: ${error.message}`);
    }
    this.current = 'stopped';
  }
}

function whenAborted(signal: AbortSignal, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}
