// What an upgrade would do, wave by wave; that what is forced is told all the same.
import test from 'ava';
import type { Possessions } from '../../../src/lib/model/master.js';
import { describeUpgradeStep } from '../../../src/lib/upgrade/describe-upgrade-step.js';
import { masterFacts, masterIn, now, ownMaster } from '../../_helpers/facts.js';
import { blockersOf, entry, facts, newcomer, old, plan } from '../../_helpers/upgrades.js';

test('where nothing speaks against it, it starts, then drains; the notes say who has what and who could take it', (t) => {
  const build = { id: 5, number: 12, builderId: 1, requestId: 9, workerId: 1, masterId: 1, startedAt: now - 60 };
  const durations = new Map([[1, [100, 160, 200]]]);
  const seen = facts({ masters: [{ ...old, has: { ...old.has, openBuilds: 1 } }], builds: [build] }, { durations, steps: new Map([[5, 'compile']]) }); // prettier-ignore
  const { title, steps, blockers, notes, warnings } = plan({ facts: seen });
  t.deepEqual(blockers, []);
  t.is(title, 'Upgrade: start host:/srv/new, then drain host:/srv/old');
  t.deepEqual(steps.map(({ kind, wave, master }) => [kind, wave, master]), [['start', 1, 'host:/srv/new'], ['drain', 1, 'host:/srv/old']]); // prettier-ignore
  t.deepEqual(steps.map(describeUpgradeStep), [
    'host:/srv/new: start it, by the command ctl, and wait until it takes part',
    'host:/srv/old: ask to drain, by the command ctl (1 build left (tests #12: compile, about 1m 40s more), 2 services held, 1 worker connected)',
  ]);
  t.deepEqual(notes, [
    'The schema has revision 059, as Buildbot 3.4 to 3.8 makes it.',
    'host:/srv/old (active) holds the services nightly, repo, has the builder tests, has the worker w, runs 1 build (about 1m 40s to go).',
    'Could be held by host:/srv/new (new): the services nightly, repo.',
    'Also configured by host:/srv/new (new): the builder tests.',
  ]);
  t.deepEqual(warnings.filter((one) => !one.startsWith('New requests')), []);
}); // prettier-ignore

test('of an old master only what it has is told; times that are not known are said to be that', (t) => {
  const bare = { services: [], builders: [], workers: [] };
  const of = (has: Partial<Possessions>, more: Parameters<typeof facts>[0] = {}, durations = new Map<number, number[]>()) => // prettier-ignore
    plan({ facts: facts({ ...bare, masters: [masterFacts({ id: 1, name: 'host:/srv/old', has })], ...more }, { durations }) }).notes[1]; // prettier-ignore
  t.is(of({}), 'host:/srv/old (active) holds nothing.');
  t.is(of({ claims: 1 }), 'host:/srv/old (active) has claimed 1 request.');
  const build = (id: number, builderId: number) => ({ id, number: id, builderId, requestId: id, workerId: 1, masterId: 1, startedAt: now - 60 }); // prettier-ignore
  const two = { builds: [build(1, 1), build(2, 2)] };
  t.is(of({}, two), 'host:/srv/old (active) runs 2 builds (for 2 builds it is not known how long).');
  t.is(of({}, two, new Map([[1, [90, 90, 90]]])), 'host:/srv/old (active) runs 2 builds (about 30s to go; for 1 build it is not known how long).'); // prettier-ignore
});

test('what runs already is not started, what drains is watched, what has stopped is left alone', (t) => {
  const gone = masterFacts({ id: 3, name: 'host:/srv/gone', active: false, has: { builderMasters: [] } });
  const draining = ownMaster({ id: 4, name: 'host:/srv/own', condition: { state: 'draining', listen: null } });
  const there = newcomer('new', { master: masterIn('active', { id: 2, name: 'host:/srv/new' }) });
  const seen = facts({ masters: [old, gone, draining] });
  const { steps, title } = plan({ facts: seen, start: [there], old: ['gone', 'own', 'old'], entries: ['gone', 'own', 'old'].map((key) => entry(key)) }); // prettier-ignore
  t.deepEqual(steps.map(({ kind }) => kind), ['there', 'gone', 'watch', 'drain']); // prettier-ignore
  t.deepEqual(steps.slice(0, 3).map(describeUpgradeStep), ['host:/srv/new: it runs already', 'host:/srv/gone: it has stopped already', 'host:/srv/own: it drains already: watch (no builds left)']); // prettier-ignore
  t.is(title, 'Upgrade: drain host:/srv/own, host:/srv/old');
});

test('one by one there is a wave for each old master', (t) => {
  const second = masterFacts({ id: 2, name: 'host:/srv/two' });
  const asked = { facts: facts({ masters: [old, second] }), old: ['old', 'two'], entries: [entry('old'), entry('two')], start: [newcomer('a'), newcomer('b')] }; // prettier-ignore
  const waves = (oneByOne: boolean) => plan({ ...asked, oneByOne }).steps.map(({ wave, master }) => `${wave} ${master.slice(10)}`); // prettier-ignore
  t.deepEqual(waves(true), ['1 a', '1 old', '2 b', '2 two']);
  t.deepEqual(waves(false), ['1 a', '1 b', '1 old', '1 two']);
  t.regex(plan({ ...asked, oneByOne: true }).notes[0] ?? '', /^One by one, in 2 waves/);
});

test('what --force overrides is a warning with it; what it does not override blocks on', (t) => {
  const nobody = { start: [], notWritable: 'It cannot be written.' };
  t.deepEqual(blockersOf(nobody).map((one) => one.slice(0, 21)), ['It cannot be written.', 'No other master lives']); // prettier-ignore
  const { blockers, warnings } = plan({ ...nobody, force: true });
  t.deepEqual(blockers.map(({ message }) => message), ['It cannot be written.']); // prettier-ignore
  t.regex(warnings.join('\n'), /^No other master lives/m);
});

test('a name is shown so that a terminal does not obey it', (t) => {
  const evil = newcomer('new', { name: 'host:/srv/\u001b[2J', version: null, configuration: null });
  const { title, notes, warnings, steps } = plan({ start: [evil] });
  const told = [title, ...notes, ...warnings, ...steps.map(describeUpgradeStep)].join('\n');
  t.true(told.includes('\\u001b[2J'));
  t.false(told.includes('\u001b'));
});
