/* Clusters as masters of bbctl's own see them, for rules. */
import type { ClusterView, ServiceView } from '../../src/lib/model/cluster-view.js';
import type { Peer } from '../../src/lib/model/peers.js';

export const viewedAt = 1_000_000;
export const serviceNames = ['a', 'b', 'c', 'd', 'e', 'f'];

/** A master of bbctl's own that offers everything, and has been there for long. */
export function peer(id: number, facts: Partial<Peer> & { age?: number; startedAt?: number } = {}): Peer {
  const { age = 1, startedAt = viewedAt - 3600, ...rest } = facts;
  const run = { incarnation: `run ${id}`, expireAfter: 45, beat: viewedAt - age, startedAt };
  const offer = { schedulers: serviceNames, changeSources: [] };
  return { id, name: `master ${id}`, active: true, lastActive: viewedAt - age, run, offer, ...rest };
}

/** Schedulers by who holds them: `{ a: 1, b: null }`. */
export function services(holders: Readonly<Record<string, number | null>>): ServiceView[] {
  const entries = Object.entries(holders);
  return entries.map(([name, holderId], index) => ({
    kind: 'scheduler',
    id: index + 1,
    name,
    enabled: true,
    holderId,
  }));
}

export function viewOf(view: Partial<ClusterView>): ClusterView {
  return { now: viewedAt, peers: [], services: [], pins: new Map(), ...view };
}
