import test from 'ava';
import { repairs, sightingsOf, type Sighting } from '../../../src/lib/model/repair.js';
import type { MasterState } from '../../../src/lib/model/master.js';
import { clusterWith, masterFacts, now } from '../../_helpers/facts.js';

const repairAfter = 3600;
const alive = masterFacts({ id: 1, name: 'alive' });
const unregistered = { builderMasters: [] };
const ofMaster = (facts: Parameters<typeof masterFacts>[0], others = [alive]) =>
  repairs(clusterWith({ masters: [...others, masterFacts({ id: 2, name: 'two', ...facts })] }), repairAfter);
const expireTwo = [{ operation: 'masters expire', names: ['2'] }];

const unclean = { active: false, has: { ...unregistered, connectedWorkers: [4] } };
const dead = { lastActive: now - repairAfter - 1 };

test('what a living master has declared dead and left unclean is mended, and a master that is silent for long', (t) => {
  t.deepEqual(ofMaster(unclean), expireTwo);
  t.deepEqual(ofMaster(dead), expireTwo);
});

test('a dead master is left to the survivors until it is silent for longer than --repair-after', (t) => {
  t.deepEqual(ofMaster({ lastActive: now - repairAfter }), []);
  t.deepEqual(ofMaster({ lastActive: now - 700 }), []);
});

test('while no heart beats nothing is mended', (t) => {
  for (const patient of [unclean, dead]) {
    t.deepEqual(ofMaster(patient, []), []);
    for (const witness of [
      { lastActive: now - 300 },
      { lastActive: now - 7200 },
      { lastActive: 0 },
      { active: false },
      // Expired while it lived: no witness.
      { has: { ...unregistered, openBuilds: 1 } },
    ]) {
      t.deepEqual(ofMaster(patient, [masterFacts({ id: 1, name: 'witness', ...witness })]), [], JSON.stringify(witness));
    }
  } // prettier-ignore
});

test('no other state is mended with nobody looking', (t) => {
  const others: Record<Exclude<MasterState, 'dead' | 'unclean'>, Parameters<typeof masterFacts>[0]> = {
    active: {},
    late: { lastActive: now - 300 },
    silent: { lastActive: now - 7200, otherSign: now - 10 },
    zombie: { has: { ...unregistered, openBuilds: 1 } },
    starting: { active: false },
    stopped: { active: false, has: unregistered },
  };
  for (const [state, facts] of Object.entries(others)) {
    const { masters } = clusterWith({ masters: [masterFacts(facts)] });
    t.is(masters[0]?.state, state as never);
    t.deepEqual(ofMaster(facts), [], state);
  }
  t.deepEqual(ofMaster({ lastActive: 0 }), [], 'a heartbeat that was reset');
});

test('fresh work of an inactive master is left alone, and what it left with it', (t) => {
  t.deepEqual(ofMaster({ active: false, has: { ...unregistered, claims: 1, connectedWorkers: [4] } }), []);
  t.deepEqual(ofMaster({ active: false, has: { ...unregistered, openBuilds: 1 } }), []);
});

test('several are one change', (t) => {
  const masters = [alive, masterFacts({ id: 2, name: 'two', ...dead }), masterFacts({ id: 3, name: 'three', ...unclean })]; // prettier-ignore
  t.deepEqual(repairs(clusterWith({ masters }), repairAfter), [{ operation: 'masters expire', names: ['2', '3'] }]);
});

const starting = { active: false, has: { schedulers: [7] } };
const clusterAt = (seconds: number, facts: Parameters<typeof masterFacts>[0] = starting) =>
  clusterWith({
    now: now + seconds,
    masters: [masterFacts({ lastActive: now + seconds }), masterFacts({ id: 2, name: 'two', ...facts })],
  });
const after = (seconds: number, facts: Parameters<typeof masterFacts>[0] = starting, first = starting): unknown[] => {
  const seen = sightingsOf(clusterAt(0, first), []);
  const cluster = clusterAt(seconds, facts);
  return repairs(cluster, repairAfter, sightingsOf(cluster, seen));
};

test('a start that broke off is mended when it was seen unchanged for ten minutes', (t) => {
  t.deepEqual(after(599), []);
  t.deepEqual(after(600), expireTwo);
  t.deepEqual(after(600, { ...starting, has: { schedulers: [7, 8] } }), []);
  t.deepEqual(after(600, { ...starting, lastActive: now + 1 }), []);
  t.deepEqual(after(600, { ...starting, active: true }), []);
});

test('one that has work is no start that broke off', (t) => {
  for (const work of [{ claims: 1 }, { openBuilds: 1 }]) {
    const working = { ...starting, has: { schedulers: [7], ...work } };
    t.deepEqual(after(600, working, working), []);
  }
});

test('without a look at this very master, or with one from the future, nothing is mended', (t) => {
  const cluster = clusterAt(600);
  t.deepEqual(repairs(cluster, repairAfter, []), []);
  const [seen] = sightingsOf(clusterAt(0), []) as [Sighting];
  t.deepEqual(repairs(cluster, repairAfter, [{ ...seen, master: { ...seen.master, id: 3 } }]), []);
  t.is(sightingsOf(cluster, [{ ...seen, at: now + 601 }])[0]?.at, now + 600);
});

test('while no heart beats no start is mended', (t) => {
  const seen = sightingsOf(clusterAt(0), []);
  const cluster = clusterWith({ now: now + 600, masters: [masterFacts({ id: 2, name: 'two', ...starting })] });
  t.deepEqual(repairs(cluster, repairAfter, sightingsOf(cluster, seen)), []);
});
