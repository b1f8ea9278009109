import test from 'ava';
import type { ClusterView } from '../../../src/lib/model/cluster-view.js';
import { place } from '../../../src/lib/model/placement.js';
import type { Placement, Situation } from '../../../src/lib/model/placement.js';
import { noOffer } from '../../../src/lib/model/run.js';
import { peer, services, viewedAt as now, viewOf } from '../../_helpers/views.js';

function decided(me: number, view: Partial<ClusterView>, more: Partial<Situation> = {}): Record<string, unknown> {
  return shown(place({ view: viewOf(view), me, isLeaving: false, longFree: new Set(), cooling: new Set(), ...more }));
}

function shown({ claim, release, give }: Placement): Record<string, unknown> {
  return {
    ...(claim.length > 0 ? { claim: claim.map(({ name }) => name).join('') } : {}),
    ...(release.length > 0 ? { release: release.map(({ name }) => name).join('') } : {}),
    ...(give.length > 0 ? { give: give.map(({ service, to }) => `${service.name}>${to.id}`).join(' ') } : {}),
  };
}

test('what is free is divided: two that see the same take different ones', (t) => {
  const view = { peers: [peer(1), peer(2)], services: services({ a: null, b: null, c: null, d: null }) };
  t.deepEqual(decided(1, view), { claim: 'ac' });
  t.deepEqual(decided(2, view), { claim: 'bd' });
});

test('what is free goes to who has least', (t) => {
  const view = { peers: [peer(1), peer(2)], services: services({ a: 1, b: 1, c: null, d: null }) };
  t.deepEqual(decided(1, view), {});
  t.deepEqual(decided(2, view), { claim: 'cd' });
});

test('what somebody should have taken, and has not, is taken by whoever wants it', (t) => {
  const view = { peers: [peer(1), peer(2)], services: services({ a: 1, b: null }) };
  t.deepEqual(decided(1, view), {});
  t.deepEqual(decided(1, view, { longFree: new Set(['scheduler 2']) }), { claim: 'b' });
});

test('only what a master offers is divided among those that offer it', (t) => {
  const only = { schedulers: ['b'], changeSources: [] };
  const view = { peers: [peer(1), peer(2, { offer: only })], services: services({ a: null, b: null }) };
  t.deepEqual(decided(1, view), { claim: 'a' });
  t.deepEqual(decided(2, view), { claim: 'b' });
});

test('dead masters, and those of Buildbot, are given nothing and counted for nothing', (t) => {
  const peers = [peer(1), peer(2, { age: 46 }), peer(3, { run: null }), peer(4, { active: false })];
  t.deepEqual(decided(1, { peers, services: services({ a: null, b: null, c: 1, d: 1 }) }), { claim: 'ab' });
});

test('a service whose Buildbot holder has just let go is left alone', (t) => {
  const view = { peers: [peer(1)], services: services({ a: null }) };
  t.deepEqual(decided(1, view, { cooling: new Set(['scheduler 1']), longFree: new Set(['scheduler 1']) }), {});
});

test('whoever has two more than another gives until it has not', (t) => {
  const holders = { a: 1, b: 1, c: 1, d: 1, e: 1, f: 2 };
  const view = { peers: [peer(1), peer(2)], services: services(holders) };
  t.deepEqual(decided(1, view), { give: 'a>2 b>2' });
  t.deepEqual(decided(2, view), {});
  t.deepEqual(decided(1, { ...view, services: services({ a: 1, b: 1, c: 2 }) }), {}, 'one more is no imbalance');
});

test('a master that has just started is given its share only once it has lived', (t) => {
  const holders = services({ a: 1, b: 1 });
  t.deepEqual(decided(1, { peers: [peer(1), peer(2, { startedAt: now - 44 })], services: holders }), {});
  t.deepEqual(decided(1, { peers: [peer(1), peer(2, { startedAt: now - 45 })], services: holders }), { give: 'a>2' });
});

test('whoever leaves gives everything, evenly, also to those that have just started; the rest it keeps', (t) => {
  const only = { schedulers: ['a'], changeSources: [] };
  const peers = [peer(1), peer(2, { startedAt: now - 1 }), peer(3, { offer: only })];
  const view = { peers, services: services({ a: 1, b: 1, c: 2, d: null }) };
  t.deepEqual(decided(1, view, { isLeaving: true }), { give: 'a>3 b>2' });
});

test('what it holds and does not offer is released', (t) => {
  const only = { schedulers: ['a'], changeSources: [] };
  t.deepEqual(decided(1, { peers: [peer(1, { offer: only })], services: services({ a: 1, b: 1 }) }), { release: 'b' });
});

test('a service that was moved goes there, stays there, and is not counted against it', (t) => {
  const pins = new Map([['scheduler 1', 2]]);
  const peers = [peer(1), peer(2, { startedAt: now })];
  t.deepEqual(decided(1, { peers, pins, services: services({ a: 1 }) }), { give: 'a>2' });
  t.deepEqual(decided(2, { peers, pins, services: services({ a: 2, b: 2, c: 2 }) }), { give: 'b>1' });
  t.deepEqual(decided(1, { peers, pins, services: services({ a: null }) }), {}, 'free: it is for the other one');
  t.deepEqual(decided(2, { peers, pins, services: services({ a: null }) }), { claim: 'a' });
  t.deepEqual(decided(1, { peers: [peer(1)], pins, services: services({ a: null }) }), { claim: 'a' }, 'the other is gone'); // prettier-ignore
});

test('all of them deciding again and again come to rest, evenly, and nothing goes back and forth', (t) => {
  const peers = [peer(1), peer(2), peer(3)];
  let holders: Record<string, number | null> = { a: 1, b: 1, c: 1, d: 1, e: 1, f: null };
  let given = 0;
  for (let round = 0; round < 6; round++)
    for (const me of [1, 2, 3]) {
      const view = viewOf({ peers, services: services(holders) });
      const { claim, give } = place({ view, me, isLeaving: false, longFree: new Set(), cooling: new Set() });
      for (const { name } of claim) holders = { ...holders, [name]: me };
      for (const { service, to } of give) holders = { ...holders, [service.name]: to.id };
      given += give.length;
    }
  const loads = [1, 2, 3].map((id) => Object.values(holders).filter((holder) => holder === id).length);
  t.deepEqual(loads, [2, 2, 2]);
  t.is(given, 3);
});

test('whoever leaves offers nothing any more, and gives all the same', (t) => {
  const peers = [peer(1, { offer: noOffer }), peer(2)];
  t.deepEqual(decided(1, { peers, services: services({ a: 1, b: 1 }) }, { isLeaving: true }), { give: 'a>2 b>2' });
});

test('whoever does not find itself among the living does nothing', (t) => {
  for (const odd of [{ run: null }, { age: 46 }])
    t.deepEqual(decided(1, { peers: [peer(1, odd), peer(2)], services: services({ a: 1, b: null }) }), {});
});

test('whoever has missed two beats is given nothing', (t) => {
  const holders = { a: 1, b: 1, c: 1 };
  t.deepEqual(decided(1, { peers: [peer(1), peer(2, { age: 22 })], services: services(holders) }), { give: 'a>2' });
  t.deepEqual(decided(1, { peers: [peer(1), peer(2, { age: 23 })], services: services(holders) }), {});
});
