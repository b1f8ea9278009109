import test from 'ava';
import type { ClusterView } from '../../../src/lib/model/cluster-view.js';
import { place } from '../../../src/lib/model/placement.js';
import { noOffer } from '../../../src/lib/model/run.js';
import type { Offer } from '../../../src/lib/model/run.js';

const now = 1_800_000_000;

/** Masters 1, 2, …: what each offers; services 1, 2, …: who holds each. */
function viewOf(offers: readonly Offer[], holders: readonly (number | null)[]): ClusterView {
  return {
    now,
    peers: offers.map((offer, index) => ({
      id: index + 1,
      name: `master-${index + 1}`,
      active: true,
      lastActive: now - 5,
      run: { incarnation: String(index), expireAfter: 45, beat: now - 5, startedAt: now - 1000 },
      offer,
    })),
    services: holders.map((holderId, index) => ({ kind: 'scheduler', id: index + 1, name: `s${index + 1}`, enabled: true, holderId })),
    pins: new Map(),
  }; // prettier-ignore
}

function placed(view: ClusterView, me: number, isLeaving = false): unknown {
  const { claim, release, give } = place({ view, me, isLeaving, longFree: new Set(), cooling: new Set() });
  return {
    claim: claim.map(({ id }) => id),
    release: release.map(({ id }) => id),
    give: give.map(({ service, to }) => [service.id, to.id]),
  };
}

const both: Offer = { schedulers: ['s1', 's2'], changeSources: [] };

test('who leaves offers nothing any more, and gives all it has to whoever offers it', (t) => {
  t.deepEqual(placed(viewOf([noOffer, both], [1, 1]), 1, true), { claim: [], release: [], give: [[1, 2], [2, 2]] }); // prettier-ignore
});

test('who does not offer a service any more lets go of it', (t) => {
  t.deepEqual(placed(viewOf([{ ...both, schedulers: ['s1'] }, noOffer], [1, 1]), 1), { claim: [], release: [2], give: [] }); // prettier-ignore
});

test('who does not find itself among the living does nothing', (t) => {
  const view = viewOf([both, both], [1, 1]);
  const [self, ...others] = view.peers;
  for (const odd of [
    { ...self!, run: null },
    { ...self!, lastActive: now - 46 },
  ])
    t.deepEqual(placed({ ...view, peers: [odd, ...others] }, 1), { claim: [], release: [], give: [] });
});
