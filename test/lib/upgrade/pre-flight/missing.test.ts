// What would be nobody's after the old masters, and what nobody would have workers for.
import test from 'ava';
import { masterFacts, masterIn, ownMaster, service, worker } from '../../../_helpers/facts.js';
import { another, blockersOf, entry, facts, newcomer, old, ownNewcomer, ownOld, plan, whole } from '../../../_helpers/upgrades.js'; // prettier-ignore

const nothing = { builders: new Map<string, string[]>(), workers: new Set<string>(), schedulers: new Set<string>(), changeSources: new Set<string>() }; // prettier-ignore

const poor = { ...whole, builders: new Map([['tests', []]]) };
const shared = [{ id: 1, name: 'tests', masterIds: [1, 2] }];
const own = ownMaster({ id: 2, name: 'host:/srv/other', offer: { schedulers: ['nightly'], changeSources: ['repo'] } });
const waits = (asked: Parameters<typeof plan>[0]): string[] => plan(asked).warnings.filter((one) => one.startsWith('New requests')); // prettier-ignore

test('what no new master configures and nobody else has blocks, told in one sentence', (t) => {
  const [only, ...rest] = blockersOf({ start: [newcomer('new', { configuration: nothing })] });
  t.regex(only ?? '', /^Nobody would have the scheduler nightly; the change source repo; the builder tests: no new master configures them, and none that stays\. \| Add .* \| --force$/); // prettier-ignore
  t.deepEqual(rest, []);
  for (const part of ['schedulers', 'changeSources'] as const) {
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

test('a worker that nobody would have is a warning: there are others, or another rule blocks', (t) => {
  const without = plan({ start: [newcomer('new', { configuration: { ...whole, workers: new Set() } })] });
  t.deepEqual(without.blockers, []);
  t.true(
    without.warnings.includes('Nobody would have the worker w: no new master configures it, and none that stays.'),
  );
});

test('of several new masters one may be able to tell; a worker that is only configured, or only connected, is missed, too', (t) => {
  const start = [newcomer('a', { configuration: nothing }), newcomer('b', { configuration: null })];
  t.regex(plan({ start }).warnings[0] ?? '', /, unless host:\/srv\/b \(new\) does, .* --load-config lets/);
  for (const settings of [{ connectedTo: [] }, { masterIds: [] }]) {
    const seen = facts({ services: [], builders: [], workers: [worker(settings)] });
    t.regex(plan({ facts: seen, start: start.slice(0, 1) }).warnings[0] ?? '', /^Nobody would have the worker w: no new master configures it/); // prettier-ignore
  }
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

test('one of ours that runs already counts by what it has published, whatever cluster.yaml says by now', (t) => {
  const offering = (offer: readonly string[]) => {
    const facts = ownMaster({ id: 2, name: 'host:/srv/new', offer: { schedulers: offer, changeSources: [] } });
    return ownNewcomer('new', { master: { ...facts, state: 'active', silentFor: 0 } });
  };
  const asked = { facts: facts({ services: [service({ holderId: 1 })], builders: [], workers: [] }) };
  t.deepEqual(blockersOf({ ...asked, start: [offering(['nightly'])] }), []);
  t.regex(blockersOf({ ...asked, start: [offering([])] })[0] ?? '', /^Nobody would have the scheduler nightly/);
});

test('local workers of old masters of ours go with them, and are not missed', (t) => {
  const seen = facts({ masters: [ownOld] });
  t.deepEqual(blockersOf({ facts: seen, start: [newcomer('new', { configuration: { ...whole, workers: new Set(['other']) } })] }), []); // prettier-ignore
});

test('builders for which the new side has no worker block', (t) => {
  t.regex(blockersOf({ start: [ownNewcomer('new', { configuration: poor })] })[0] ?? '', /^No worker would build the builder tests: .* \| --force$/); // prettier-ignore
  t.deepEqual(blockersOf({ start: [ownNewcomer('new')] }), []);
  t.deepEqual(blockersOf({ start: [ownNewcomer('new', { configuration: poor }), newcomer('more', { configuration: null })] }), []); // prettier-ignore
  t.deepEqual(blockersOf({ start: [ownNewcomer('new', { configuration: poor })], facts: facts({ workers: [worker({ builderIds: [] })] }) }), []); // prettier-ignore
});

test('builders whose workers an old Buildbot master keeps until it exits are told', (t) => {
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

test('masters of ours that stay build on what is connected to them, whatever they configure; those of Buildbot get what they configure', (t) => {
  const remote = facts({ masters: [old, own], builders: shared, workers: [worker({ masterIds: [1, 2] })] });
  t.regex(blockersOf({ start: [], facts: remote })[0] ?? '', /^No worker would build the builder tests: /);
  const local = worker({ id: 2, name: 'local', masterIds: [2], connectedTo: [2] });
  t.deepEqual(blockersOf({ start: [], facts: facts({ masters: [old, own], builders: shared, workers: [worker({ masterIds: [1, 2] }), local] }) }), []); // prettier-ignore
  const buildbot = facts({ masters: [old, another()], builders: shared, workers: [worker({ masterIds: [1, 2] })] });
  t.deepEqual(blockersOf({ start: [], facts: buildbot }), []);
  t.is(waits({ start: [], facts: buildbot }).length, 1);
  const without = facts({ masters: [old, another()], workers: [worker({ masterIds: [1, 2] })] });
  t.regex(blockersOf({ start: [ownNewcomer('new', { configuration: poor })], facts: without })[0] ?? '', /^No worker would build/); // prettier-ignore
});

test('workers that are connected elsewhere, too, are not kept by old masters; who keeps them is named', (t) => {
  const elsewhere = (...connections: number[][]) => facts({ masters: [old, another()], workers: connections.map((connectedTo, id) => worker({ id: id + 1, name: `w${id}`, masterIds: [1, 2], connectedTo })) }); // prettier-ignore
  t.is(waits({ facts: elsewhere([1], [1]) }).length, 1);
  t.deepEqual([...waits({ facts: elsewhere([1], [2]) }), ...waits({ facts: elsewhere([1, 2]) })], []);
  const builders = [{ id: 1, name: 'tests', masterIds: [1] }, { id: 2, name: 'docs', masterIds: [2] }]; // prettier-ignore
  const configuration = { ...whole, builders: new Map([['tests', ['w']], ['docs', ['w']]]) }; // prettier-ignore
  const two = { facts: facts({ masters: [old, another()], builders, workers: [worker({ builderIds: [1, 2], connectedTo: [1, 2] })] }), old: ['old', 'other'], entries: [entry('old'), entry('other')], start: [newcomer('new', { configuration })] }; // prettier-ignore
  t.regex(waits(two)[0] ?? '', /^New requests for the builders tests, docs wait until host:\/srv\/old, host:\/srv\/other have ended/); // prettier-ignore
});
