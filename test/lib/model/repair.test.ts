import test from 'ava';
import { repairs } from '../../../src/lib/model/repair.js';
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
