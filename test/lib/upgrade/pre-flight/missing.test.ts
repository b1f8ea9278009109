// What would be nobody's after the old masters, and what nobody would have workers for.
import test from 'ava';
import { masterFacts, masterIn, ownMaster, service, worker } from '../../../_helpers/facts.js';
import { another, blockersOf, facts, newcomer, old, ownNewcomer, ownOld, plan, whole } from '../../../_helpers/upgrades.js'; // prettier-ignore

const nothing = { builders: new Map<string, string[]>(), workers: new Set<string>(), schedulers: new Set<string>(), changeSources: new Set<string>() }; // prettier-ignore

test('what no new master configures and nobody else has blocks, told in one sentence', (t) => {
  const [only, ...rest] = blockersOf({ start: [newcomer('new', { configuration: nothing })] });
  t.regex(only ?? '', /^Nobody would have the scheduler nightly; the change source repo; the builder tests; the worker w: no new master configures them, and none that stays\. \| Add .* \| --force$/); // prettier-ignore
  t.deepEqual(rest, []);
  for (const part of ['schedulers', 'changeSources', 'workers'] as const) {
    t.is(blockersOf({ start: [newcomer('new', { configuration: { ...whole, [part]: new Set() } })] }).length, 1, part);
  }
  t.is(blockersOf({ start: [newcomer('new', { configuration: { ...whole, builders: new Map() } })] }).length, 1);
  t.deepEqual(blockersOf({ start: [newcomer('new', { configuration: nothing }), newcomer('more')] }), []);
});

test('where nobody can say it is a warning, which names what could tell', (t) => {
  const unknown = plan({ start: [newcomer('new', { configuration: null })] });
  t.deepEqual(unknown.blockers, []);
  t.is(unknown.warnings[0], 'Nobody would have the scheduler nightly; the change source repo; the builder tests; the worker w, unless host:/srv/new (new) does, which the database does not tell. --load-config lets the Buildbot of a new master tell, where its folder is on this machine.'); // prettier-ignore
  const staying = plan({ start: [newcomer('new', { configuration: { ...whole, schedulers: new Set() } })], facts: facts({ masters: [old, another()] }) }); // prettier-ignore
  t.is(staying.warnings[0], 'Nobody would have the scheduler nightly, unless host:/srv/other does, which the database does not tell. Look into their configuration.'); // prettier-ignore
  t.deepEqual(staying.blockers, []);
});

test('a master that stays counts by what it has registered and published; one that drains, or is late, does not', (t) => {
  const builders = [{ id: 1, name: 'tests', masterIds: [1, 2] }];
  const workers = [worker({ masterIds: [1, 2], connectedTo: [1, 2] })];
  const offer = { schedulers: ['nightly'], changeSources: ['repo'] };
  const staying = (settings: Parameters<typeof ownMaster>[0]) =>
    blockersOf({ start: [], facts: facts({ masters: [old, ownMaster({ id: 2, name: 'host:/srv/other', offer, ...settings })], builders, workers }) }); // prettier-ignore
  t.deepEqual(staying({}), []);
  t.regex(staying({ offer: { schedulers: [], changeSources: ['repo'] } })[0] ?? '', /^Nobody would have the scheduler nightly: /); // prettier-ignore
  t.regex(staying({ condition: { state: 'draining', listen: null } })[0] ?? '', /^No other master lives/);
  t.regex(staying({ lastActive: 1_800_000_000 - 40 })[0] ?? '', /^No other master lives/);
});

test('force schedulers and the like are not among what masters offer: nobody can say', (t) => {
  const services = [service({ holderId: 1, name: 'force', className: 'buildbot.schedulers.forcesched.ForceScheduler' })];
  const other = ownMaster({ id: 2, name: 'host:/srv/other' });
  const seen = facts({ masters: [old, other], services, builders: [], workers: [] });
  t.deepEqual(blockersOf({ start: [], facts: seen }), []);
  t.regex(plan({ start: [], facts: seen }).warnings[0] ?? '', /^Nobody would have the scheduler force, unless/);
}); // prettier-ignore

test('a new master that runs already counts by what it has registered', (t) => {
  const there = newcomer('new', { master: masterIn('active', { id: 2, name: 'host:/srv/new' }), configuration: null });
  const masters = [old, masterFacts({ id: 2, name: 'host:/srv/new' })];
  t.regex(blockersOf({ start: [there], facts: facts({ masters, services: [], workers: [] }) })[0] ?? '', /^Nobody would have the builder tests/); // prettier-ignore
  const builders = [{ id: 1, name: 'tests', masterIds: [1, 2] }];
  t.deepEqual(blockersOf({ start: [there], facts: facts({ masters, services: [], workers: [], builders }) }), []);
});

test('local workers of old masters of ours go with them, and are not missed', (t) => {
  const seen = facts({ masters: [ownOld] });
  t.deepEqual(blockersOf({ facts: seen, start: [newcomer('new', { configuration: { ...whole, workers: new Set(['other']) } })] }), []); // prettier-ignore
});

test('builders for which the new side has no worker block', (t) => {
  const poor = { ...whole, builders: new Map([['tests', []]]) };
  t.regex(blockersOf({ start: [ownNewcomer('new', { configuration: poor })] })[0] ?? '', /^No worker would build the builder tests: .* \| --force$/); // prettier-ignore
  t.deepEqual(blockersOf({ start: [ownNewcomer('new')] }), []);
  t.deepEqual(blockersOf({ start: [ownNewcomer('new', { configuration: poor }), newcomer('more', { configuration: null })] }), []); // prettier-ignore
  t.deepEqual(blockersOf({ start: [ownNewcomer('new', { configuration: poor })], facts: facts({ workers: [worker({ builderIds: [] })] }) }), []); // prettier-ignore
});

test('builders whose workers an old Buildbot master keeps until it exits are told', (t) => {
  const waits = (asked: Parameters<typeof plan>[0]): string[] => plan(asked).warnings.filter((one) => one.startsWith('New requests')); // prettier-ignore
  t.deepEqual(waits({}).length, 1);
  t.regex(waits({})[0] ?? '', /^New requests for the builder tests wait until host:\/srv\/old has ended: /);
  t.deepEqual(waits({ start: [ownNewcomer('new')] }), [], 'brings its own');
  t.deepEqual(waits({ facts: facts({ masters: [ownOld] }) }), [], 'lets them go when they are idle');
  const free = [worker(), worker({ id: 2, name: 'w2', connectedTo: [] })];
  t.is(waits({ facts: facts({ workers: free }) }).length, 1, 'one that is connected nowhere is no help');
  const builders = [{ id: 1, name: 'tests', masterIds: [1, 2] }];
  const elsewhere = (settings: Parameters<typeof worker>[0]) => facts({ masters: [old, another()], builders, workers: [worker({ masterIds: [1, 2] }), worker({ id: 2, name: 'w2', masterIds: [1, 2], connectedTo: [2], ...settings })] }); // prettier-ignore
  t.deepEqual(waits({ facts: elsewhere({}) }), []);
  t.is(waits({ facts: elsewhere({ paused: true }) }).length, 1);
});
