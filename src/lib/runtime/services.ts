import { readView } from '../db/cluster-view.js';
import type { Transaction } from '../db/connect.js';
import { NotMember } from '../db/fence.js';
import type { Me } from '../db/fence.js';
import { claimServices, claimTables, giveServices, releaseServices } from '../db/service-claims.js';
import { notify } from '../db/announcements.js';
import { serviceKey } from '../model/cluster-view.js';
import type { ClusterView, ServiceView } from '../model/cluster-view.js';
import { place } from '../model/placement.js';
import type { Placement } from '../model/placement.js';
import { printable } from '../model/names.js';
import { announceElsewhere, runService } from './run-service.js';
import type { Ground } from './run-service.js';
import type { ClusteredService } from './service.js';
import type { Alarm } from './wake-ups.js';

/** A stopping Buildbot master deletes claims by service for so long after it has let go. */
const coolingSeconds = 30;

interface Running {
  view: ServiceView;
  readonly alarm: Alarm;
  readonly service: ClusteredService;
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
}

/** The clustered services on this master: claimed, running, handed over. */
export class Services {
  private readonly ground: Ground;
  private configured = new Map<string, ClusteredService>();
  private readonly running = new Map<string, Running>();
  private freeBefore = new Set<string>();
  /** Key of a service → which master that is not bbctl's own was last seen to hold it, and when by the database's clock. */
  private readonly foreign = new Map<string, { readonly holderId: number; readonly at: number }>();
  private isLeaving = false;

  constructor(ground: Ground) {
    this.ground = ground;
  }

  /** What this master would run, by kind and name. A service that is another object by now is stopped and started anew. */
  configure(services: readonly ClusteredService[]): void {
    this.configured = new Map(services.map((service) => [nameOf(service), service]));
  }

  /** What runs here, by kind and name. */
  get active(): readonly ServiceView[] {
    return [...this.running.values()].map(({ view }) => view);
  }

  /** One look at the cluster, and what follows from it. */
  async turn(): Promise<ClusterView | null> {
    const me = this.ground.membership.trusted;
    if (!me) return null;
    const view = await this.ground.store.glance(readView);
    this.remember(view);
    const placement = place({
      view,
      me: me.id,
      isLeaving: this.isLeaving,
      longFree: this.freeBefore,
      cooling: this.cooling(view.now),
    });
    this.freeBefore = new Set(view.services.filter(({ holderId }) => holderId === null).map(serviceKey));
    await this.act(view, placement);
    return view;
  }

  /** Nothing runs here any more; the claims stay as they are. */
  async suspend(): Promise<void> {
    await this.stopped([...this.running.keys()]);
  }

  /** From the next turn on everything is given to whoever can take it; the rest is free when the master leaves. */
  leave(isLeaving: boolean): void {
    this.isLeaving = isLeaving;
  }

  private async act(view: ClusterView, { claim, release, give }: Placement): Promise<void> {
    const leaving = [...release, ...give.map(({ service }) => service)];
    await this.stopped(leaving.map(serviceKey));
    if (release.length > 0) await this.write((tx, me) => releaseServices(tx, me, release), true);
    for (const [run, given] of groupedByRun(give)) await this.handTo(run, given);
    if (claim.length > 0) await this.write((tx, me) => claimServices(tx, me, claim), false);
    const held = claim.length + leaving.length === 0 ? view : await this.ground.store.glance(readView);
    await this.runExactly(held.services.filter((service) => this.isToRun(service)));
  }

  private async handTo(to: Placement['give'][number]['to'], given: readonly ServiceView[]): Promise<void> {
    const isTaken = await this.write((tx, me) => giveServices(tx, me, to, given), true);
    if (!isTaken) return;
    for (const { kind, name } of given) this.ground.log.info(`handed over to ${printable(to.name)}`, { [kind]: name });
  }

  /** In a transaction of this run; the others are told to look. */
  private async write<T>(work: (tx: Transaction, me: Me) => Promise<T>, isNews: boolean): Promise<T> {
    const { membership, store } = this.ground;
    const me = membership.trusted;
    if (!me) throw new NotMember('declared dead');
    const result = await store.write(claimTables, async (tx) => {
      const value = await work(tx, me);
      if (isNews) await notify(tx, ['services']);
      return value;
    });
    if (isNews) await announceElsewhere(store, ['services']);
    return result;
  }

  private isToRun(service: ServiceView): boolean {
    const me = this.ground.membership.trusted;
    return me !== null && !this.isLeaving && service.holderId === me.id && this.configured.has(nameOf(service));
  } // prettier-ignore

  private async runExactly(wanted: readonly ServiceView[]): Promise<void> {
    const keys = new Set(wanted.map(serviceKey));
    const isStale = (key: string, { view, service }: Running): boolean =>
      !keys.has(key) || this.configured.get(nameOf(view)) !== service;
    await this.stopped([...this.running].filter(([key, one]) => isStale(key, one)).map(([key]) => key));
    for (const view of wanted) this.startOrTell(view);
  }

  /** A scheduler that is switched on or off is told so at once; what that means is its own. */
  private startOrTell(view: ServiceView): void {
    const one = this.running.get(serviceKey(view));
    if (!one) return this.start(view);
    if (one.view.enabled !== view.enabled) one.alarm.ringAnyhow();
    one.view = view;
  }

  private start(view: ServiceView): void {
    const service = this.configured.get(nameOf(view));
    if (!service) return;
    const key = serviceKey(view);
    const stop = new AbortController();
    const alarm = this.ground.wakeUps.alarm(service.watches);
    this.ground.log.info('active', { [view.kind]: view.name });
    const ended = runService(this.ground, service, view, { alarm, signal: stop.signal }).then((why) => {
      if (why === 'not holder') this.ground.log.warn('not ours any more', { [view.kind]: view.name });
      else this.ground.log.info('inactive', { [view.kind]: view.name });
      if (this.running.get(key)?.stop === stop) this.running.delete(key);
    });
    this.running.set(key, { view, alarm, service, stop, ended });
  }

  /** When it returns none of them acts any more. */
  private async stopped(keys: readonly string[]): Promise<void> {
    const some = keys.flatMap((key) => this.running.get(key) ?? []);
    for (const { stop } of some) stop.abort();
    await Promise.all(some.map(({ ended }) => ended));
  }

  /** These were declared dead: they do not stop any more, so nothing has to cool. */
  expired(masterIds: readonly number[]): void {
    for (const [key, { holderId }] of this.foreign) if (masterIds.includes(holderId)) this.foreign.delete(key);
  }

  private remember({ peers, services, now }: ClusterView): void {
    const kin = new Set(peers.filter(({ run }) => run !== null).map(({ id }) => id));
    for (const service of services) {
      const { holderId } = service;
      if (holderId !== null && !kin.has(holderId)) this.foreign.set(serviceKey(service), { holderId, at: now });
    }
  }

  private cooling(now: number): Set<string> {
    for (const [key, { at }] of this.foreign) if (now - at > coolingSeconds) this.foreign.delete(key);
    return new Set(this.foreign.keys());
  }
}

function nameOf({ kind, name }: Pick<ServiceView, 'kind' | 'name'>): string {
  return `${kind} ${name}`;
}

function groupedByRun(give: Placement['give']): Map<Placement['give'][number]['to'], ServiceView[]> {
  const groups = new Map<Placement['give'][number]['to'], ServiceView[]>();
  for (const { service, to } of give) groups.set(to, [...(groups.get(to) ?? []), service]);
  return groups;
}
