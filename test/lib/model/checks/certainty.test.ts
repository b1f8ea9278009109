// What an inventory makes certain, and what it misses.
import test from 'ava';
import { findAll } from '../../../../src/lib/model/checks/catalogue.js';
import type { Facts } from '../../../../src/lib/model/cluster.js';
import type { Inventory } from '../../../../src/lib/model/inventory.js';
import type { Worker } from '../../../../src/lib/model/worker.js';
import { clusterWith, everything, masterFacts, now, service } from '../../../_helpers/facts.js';

const alive = masterFacts({ id: 1, name: 'ci1:/srv/blue' });
const gone = masterFacts({ id: 2, name: 'ci2:/srv/green', active: false, has: { builderMasters: [] } });

/** Ids, severities and messages of what is found. */
function told(facts: Partial<Facts>, inventory: Inventory | null): string[] {
  const found = findAll({ cluster: clusterWith({ masters: [alive], ...facts }), details: null, inventory });
  return found.map(({ id, severity, message }) => `${id} ${severity}: ${message}`);
}

const some = (...names: string[]): ReadonlySet<string> => new Set(names);
const named: Partial<Inventory> = { builders: some('a'), workers: some('a'), schedulers: some('a') };
const worker = (id: number, name: string): Worker => ({ id, name, paused: false, pauseReason: null, graceful: false, builderIds: [], masterIds: [], connectedTo: [] }); // prettier-ignore
const orphans: Partial<Facts> = {
  builders: ['a', 'b'].map((name, index) => ({ id: index + 1, name, masterIds: [] })),
  workers: ['a', 'b'].map((name, index) => worker(index + 1, name)),
};

test('without an inventory an orphan is likely, with one that is not complete it may be missing', (t) => {
  const likely = 'that no master configures: a, b. Left over, or of a master that is stopped.';
  t.is(told(orphans, null)[0], `builder-orphaned note: 2 builders ${likely}`);
  t.deepEqual(told(orphans, everything({ ...named, complete: false })), [
    'builder-orphaned note: 1 builder that no master configures: b. Left over, or of a master that is stopped.',
    'builder-orphaned note: 1 builder that no master configures: a. Not left over: cluster.yaml names it; the master is away.',
    'worker-orphaned note: 1 worker that no master configures: b. Left over, or of a master that is stopped.',
    'worker-orphaned note: 1 worker that no master configures: a. Not left over: cluster.yaml names it; the master is away.',
  ]);
}); // prettier-ignore

test('with a complete one it is left over for certain, or missing', (t) => {
  t.deepEqual(told(orphans, everything(named)), [
    'inventory-missing warning: 1 builder that cluster.yaml names is configured by no living master: a.',
    'inventory-missing warning: 1 worker that cluster.yaml names is configured by no living master: a.',
    'inventory-missing warning: 1 scheduler that cluster.yaml names is not in the database: a.',
    'builder-orphaned note: 1 builder that no master configures: b. Left over: cluster.yaml, which names everything, does not name it.',
    'worker-orphaned note: 1 worker that no master configures: b. Left over: cluster.yaml, which names everything, does not name it.',
  ]);
});

test('an unclaimed service that nobody means to have is a note, one that is meant to be is a warning', (t) => {
  const services = ['a', 'b'].map((name, index) => service({ id: index + 1, name }));
  const [unclaimed, left, ...none] = told({ services }, everything({ schedulers: some('a') }));
  t.is(unclaimed, 'service-unclaimed warning: 1 service that no master holds: a. A living master takes what it configures within 5 minutes; a is named in cluster.yaml: the master is away, or does not configure it any more.'); // prettier-ignore
  t.is(left, 'service-unclaimed note: 1 service that no master holds: b. Left over: cluster.yaml, which names everything, does not name it.'); // prettier-ignore
  t.deepEqual(none, []);
  t.regex(told({ services }, null)[0] ?? '', /2 services that no master holds: a, b\. .*the rest may be left over\.$/);
});

test('a master that is meant to be there: not in the database, or stopped', (t) => {
  const masters = ['ci1:/srv/blue', 'ci2:/srv/green', 'ci3:/srv/red'].map((name, index) => ({ key: `m${index}`, name, kind: 'buildbot' as const, listen: null, control: {} })); // prettier-ignore
  t.deepEqual(told({ masters: [alive, gone] }, everything({ masters })), [
    'inventory-missing warning: 1 master that cluster.yaml names is not in the database: ci3:/srv/red.',
    'inventory-missing warning: 1 master that cluster.yaml names is stopped: ci2:/srv/green.',
  ]);
});

test('what a master configures that nobody can tell about is not called missing, nor anything when no master lives', (t) => {
  const facts: Partial<Facts> = { builders: [{ id: 1, name: 'a', masterIds: [3] }] };
  const missing = (masters: Facts['masters']) => told({ ...facts, masters }, everything({ builders: some('a') })).filter((one) => one.startsWith('inventory-missing')); // prettier-ignore
  t.deepEqual(missing([alive, masterFacts({ id: 3, lastActive: now - 300 })]), []);
  t.is(missing([alive, masterFacts({ id: 3, lastActive: now - 3600 })]).length, 1);
  t.deepEqual(missing([masterFacts({ id: 3, lastActive: now - 3600 })]), []);
  t.deepEqual(told(facts, everything({ complete: false, builders: some('a', 'unknown') })).filter((one) => one.startsWith('inventory')), []); // prettier-ignore
});
