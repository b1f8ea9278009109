/*
 * A living master of bbctl's own. It joins the cluster, and then a few loops go on side by side: its heart beats; it
 * looks at the cluster at each beat, and when woken, and takes, runs and hands over clustered services accordingly; it
 * cleans up after the dead. When it cannot know any more that it is alive for the others it stops acting (`fenced`), and
 * when it was declared dead it begins anew.
 */
import { NotMember } from '../db/fence.js';
import { register, registrationTables } from '../db/registrations.js';
import type { Registration } from '../db/registrations.js';
import { Failure } from '../errors.js';
import type { ClusterView } from '../model/cluster-view.js';
import { spokesman } from '../model/peers.js';
import { noOffer } from '../model/run.js';
import type { Offer } from '../model/run.js';
import { Caretaker } from './caretaker.js';
import type { Clock } from './clock.js';
import { watchMarks } from './hear.js';
import type { Ear } from './hear.js';
import { Heart } from './heart.js';
import type { Log } from './log.js';
import { Membership } from './membership.js';
import { announceNow } from './run-service.js';
import type { ClusteredService } from './service.js';
import { Services } from './services.js';
import type { Store } from './store.js';
import { WakeUps } from './wake-ups.js';

/** What a master is to do, made of its configuration. */
export interface Work {
  readonly registration: Registration;
  readonly services: readonly ClusteredService[];
}

export interface MasterOptions {
  readonly name: string;
  readonly expireAfterMs: number;
  readonly work: Work;
  /** One connection for the heart, which nothing else may hold up, and one for all else. */
  readonly stores: { readonly heart: Store; readonly work: Store };
  readonly clock: Clock;
  readonly log: Log;
  /** Hears of announcements at once, where the database can tell. */
  readonly ear: Ear | null;
  /** How often it looks for announcements where the database cannot tell; each second unless said otherwise. */
  readonly lookMs?: number;
}

export type MasterState = 'starting' | 'active' | 'fenced' | 'stopping' | 'stopped';

/** More than looks at the cluster differ by. */
const clockSetMs = 2000;

export class Master {
  readonly membership: Membership;
  readonly services: Services;
  readonly wakeUps: WakeUps;
  view: ClusterView | null = null;
  readonly heart: Heart;
  readonly caretaker: Caretaker;
  private work: Work;
  private readonly options: MasterOptions;
  private current: MasterState = 'starting';
  /** The database's clock before the one of this process, at the last look. */
  private clockAheadMs = NaN;
  /** Does the cluster know of its work? */
  private isPublished = false;

  constructor(options: MasterOptions) {
    const { name, expireAfterMs, stores, clock, log, work } = options;
    this.options = options;
    this.work = work;
    this.wakeUps = new WakeUps(clock);
    this.membership = new Membership({ name, expireAfterMs, store: stores.heart, clock, log });
    const ground = { membership: this.membership, store: stores.work, clock, wakeUps: this.wakeUps, log };
    this.services = new Services(ground);
    this.services.configure(work.services);
    this.heart = new Heart({ ...ground, services: this.services });
    this.caretaker = new Caretaker(ground, this.services);
  }

  get state(): MasterState {
    return this.current === 'active' && !this.membership.trusted ? 'fenced' : this.current;
  }

  /** Of all masters of bbctl's own, this one does what one of them must. */
  get isSpokesman(): boolean {
    const { view } = this;
    const me = this.membership.trusted;
    return me !== null && view !== null && this.state === 'active' && spokesman(view.peers, view.now) === me.id;
  }

  /** Runs until the signal, then hands over and leaves; once `quick` is aborted, without waiting for anything. */
  async run(signal: AbortSignal, quick: AbortSignal = new AbortController().signal): Promise<void> {
    await this.membership.join(offerOf(this.work), signal);
    while (!signal.aborted) {
      await this.live(signal);
      await this.services.suspend();
      this.current = 'starting';
      if (!signal.aborted) await this.joinAgain(signal);
    }
    await this.stop(quick);
  }

  /** It was declared dead, perhaps because the database is away: that is no reason to give up. */
  private async joinAgain(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.options;
    while (!signal.aborted) {
      try {
        return await this.membership.join(offerOf(this.work), signal);
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
    this.isPublished = false;
    this.wakeUps.announce(['services']);
  }

  /** From joining the cluster until the signal, or until it was declared dead. */
  private async live(signal: AbortSignal): Promise<void> {
    const { clock, stores, ear, lookMs = 1000 } = this.options;
    const life = new AbortController();
    const end = (): void => life.abort();
    signal.addEventListener('abort', end);
    const during = { clock, store: stores.work, wakeUps: this.wakeUps, signal: life.signal };
    const loops = [
      this.heart.beat(life),
      this.heart.guard(life.signal),
      this.lookAround(life.signal),
      watchMarks({ ...during, lookMs }),
      ear ? ear((topic) => this.wakeUps.announce([topic]), life.signal) : Promise.resolve(),
    ];
    try {
      await Promise.all(loops);
    } finally {
      life.abort();
      signal.removeEventListener('abort', end);
      await Promise.allSettled(loops);
    }
  }

  /** Publishes what it is, then looks at the cluster at each beat, and when it is woken. */
  private async lookAround(signal: AbortSignal): Promise<void> {
    const alarm = this.wakeUps.alarm(['services']);
    this.isPublished = false;
    while (!signal.aborted) {
      try {
        if (!this.isPublished) await this.publish();
        this.current = 'active';
        await this.look(signal);
      } catch (error) {
        if (!(error instanceof Failure || error instanceof NotMember)) throw error;
        this.options.log.warn(`cannot look at the cluster: ${error.message}`);
      }
      await alarm.wait(this.membership.beatMs, signal);
    }
    alarm.close();
  }

  private async look(signal: AbortSignal): Promise<void> {
    const wasSpokesman = this.isSpokesman;
    const view = await this.services.turn();
    if (!view) return;
    this.view = view;
    this.verifyOffer(view);
    this.followClock(view);
    // What the last one has left.
    if (this.isSpokesman && !wasSpokesman) this.wakeUps.announce(['requests']);
    await this.caretaker.look(view, signal);
  }

  /** What was given up for lost may have been written all the same, after what was to take its place. */
  private verifyOffer({ peers }: ClusterView): void {
    const self = peers.find(({ id }) => id === this.membership.trusted?.id);
    if (self && JSON.stringify(self.offer) !== JSON.stringify(offerOf(this.work))) this.isPublished = false;
  }

  /** Whoever sleeps until a time of the database's clock looks at it anew, where that was set, or this machine slept. */
  private followClock({ now }: ClusterView): void {
    const aheadMs = now * 1000 - this.options.clock.monotonicMs();
    if (Math.abs(aheadMs - this.clockAheadMs) > clockSetMs) this.wakeUps.ringAll();
    this.clockAheadMs = aheadMs;
  }

  /** What it would run, and what it configures. */
  private async publish(): Promise<void> {
    const me = this.membership.trusted;
    if (!me) throw new NotMember('declared dead');
    const { work } = this;
    await this.membership.offer(offerOf(work));
    await this.options.stores.work.write(registrationTables, (tx) => register(tx, me, work.registration));
    this.isPublished = this.work === work;
  }

  /** However long the last turns take, it lives meanwhile. */
  private async handOver(): Promise<void> {
    const life = new AbortController();
    const beating = this.heart.beat(life);
    try {
      // Nobody may give it anything any more.
      await this.membership.offer(noOffer);
      await this.services.handOver();
    } finally {
      life.abort();
      await beating;
    }
  }

  private async stop(quick: AbortSignal): Promise<void> {
    this.current = 'stopping';
    const { log } = this.options;
    try {
      if (quick.aborted) await this.services.suspend();
      else await this.handOver();
      await this.membership.leave();
      await announceNow(this.options.stores.work, ['services']);
      log.info('left the cluster');
    } catch (error) {
      if (!(error instanceof Failure || error instanceof NotMember)) throw error;
      log.warn(`could not leave the cluster in order; the others will clean up: ${error.message}`);
    }
    this.current = 'stopped';
  }
}

function offerOf({ services }: Work): Offer {
  const names = (kind: ClusteredService['kind']): string[] => services.filter((one) => one.kind === kind).map(({ name }) => name); // prettier-ignore
  return { schedulers: names('scheduler'), changeSources: names('changesource') };
}
