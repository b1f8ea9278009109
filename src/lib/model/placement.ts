/*
 * Which master of bbctl's own runs which clustered service. Every master decides for itself, by the same rules and the
 * same rows: so they mostly agree, and where they do not the primary key of the claims decides. A service is taken from
 * nobody: its holder gives it.
 */
import { serviceKey } from './cluster-view.js';
import type { ClusterView, ServiceView } from './cluster-view.js';
import { isHeard, isLivingKin } from './peers.js';
import type { Peer } from './peers.js';

export interface Situation {
  readonly view: ClusterView;
  /** `masters.id` */
  readonly me: number;
  /** It takes nothing and gives away what it can: it is about to stop. */
  readonly isLeaving: boolean;
  /** Keys of services that were free at the look before, too: whoever should have taken them has not. */
  readonly longFree: ReadonlySet<string>;
  /** Keys of services that nobody may claim yet: a Buildbot master that stops deletes claims by service, whoever has them by then. */
  readonly cooling: ReadonlySet<string>;
}

export interface Placement {
  readonly claim: readonly ServiceView[];
  /** Held by this master, which does not configure them. */
  readonly release: readonly ServiceView[];
  readonly give: readonly { readonly service: ServiceView; readonly to: Peer }[];
}

/** How many services each master has, as they are planned to be. */
type Loads = Map<number, number>;

export function place(situation: Situation): Placement {
  const { view, me } = situation;
  const kin = view.peers.filter((peer) => isLivingKin(peer, view.now));
  const loads: Loads = new Map(kin.map(({ id }) => [id, view.services.filter((service) => service.holderId === id).length])); // prettier-ignore
  const self = kin.find((peer) => peer.id === me);
  const mine = view.services.filter((service) => service.holderId === me);
  // It is about to be told that it was declared dead, or the look was torn: it will know more at the next one.
  if (!self) return { claim: [], release: [], give: [] };
  // Who leaves offers nothing any more, and yet gives what it has to others.
  const release = situation.isLeaving ? [] : mine.filter((service) => !offers(self, service));
  const heard = kin.filter((peer) => isHeard(peer, view.now));
  const claim = situation.isLeaving ? [] : toClaim(situation, heard, loads);
  return { claim, release, give: toGive(situation, heard, loads, mine.filter((service) => !release.includes(service))) };
} // prettier-ignore

export function offers({ offer }: Pick<Peer, 'offer'>, { kind, name }: Pick<ServiceView, 'kind' | 'name'>): boolean {
  return (kind === 'scheduler' ? offer.schedulers : offer.changeSources).includes(name);
}

/** What is free goes, one by one, to who has least; what somebody should have taken and has not, to whoever wants it. */
function toClaim({ view, me, longFree, cooling }: Situation, kin: readonly Peer[], loads: Loads): ServiceView[] {
  const free = view.services.filter((service) => service.holderId === null && !cooling.has(serviceKey(service)));
  return free.filter((service) => {
    const candidates = kin.filter((peer) => offers(peer, service));
    const best = pinned(view, service, candidates) ?? lightest(candidates, loads);
    if (!best) return false;
    loads.set(best.id, loadOf(loads, best) + 1);
    return best.id === me || (longFree.has(serviceKey(service)) && candidates.some((peer) => peer.id === me));
  });
}

/**
 * To the master that it was moved to; else to one that would still have less. One that has just started waits for as
 * long as it may be silent: a master that dies again and again would take its share each time.
 */
function toGive(
  { view, me, isLeaving }: Situation,
  kin: readonly Peer[],
  loads: Loads,
  mine: readonly ServiceView[],
): Placement['give'] {
  return mine.flatMap((service) => {
    const candidates = kin.filter((peer) => peer.id !== me && offers(peer, service));
    const pin = view.pins.get(serviceKey(service));
    if (pin === me && !isLeaving) return [];
    const settled = isLeaving ? candidates : candidates.filter((peer) => isSettled(peer, view.now));
    const to = pinned(view, service, candidates) ?? lightest(settled, loads);
    const isWorthIt = to && (isLeaving || to.id === pin || loadOf(loads, to) + 1 < loadOf(loads, { id: me }));
    if (!to || !isWorthIt) return [];
    loads.set(me, loadOf(loads, { id: me }) - 1);
    loads.set(to.id, loadOf(loads, to) + 1);
    return [{ service, to }];
  });
}

function pinned(view: ClusterView, service: ServiceView, candidates: readonly Peer[]): Peer | undefined {
  const pin = view.pins.get(serviceKey(service));
  return candidates.find((peer) => peer.id === pin);
}

function isSettled({ run }: Peer, now: number): boolean {
  return run !== null && now - run.startedAt >= run.expireAfter;
}

function lightest(candidates: readonly Peer[], loads: Loads): Peer | undefined {
  const [first, ...rest] = candidates;
  if (!first) return undefined;
  return rest.reduce((best, peer) => (loadOf(loads, peer) < loadOf(loads, best) ? peer : best), first);
}

function loadOf(loads: Loads, { id }: { readonly id: number }): number {
  return loads.get(id) ?? 0;
}
