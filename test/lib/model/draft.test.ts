import test from 'ava';
import { draftOf, typeOf } from '../../../src/lib/model/draft.js';
import type { DraftThing, LastUses, LoadedMaster } from '../../../src/lib/model/draft.js';
import type { Worker } from '../../../src/lib/model/worker.js';
import { clusterWith, masterFacts, now, service } from '../../_helpers/facts.js';

const day = 86_400;
const unused: LastUses = { builders: new Map(), workers: new Map(), services: new Map() };
const blue = masterFacts({ id: 1, name: 'ci1:/srv/bb/blue' });
const away = masterFacts({ id: 2, name: 'ci2:/srv/bb/green', active: false, lastActive: now - 40 * day, has: { builderMasters: [] } }); // prettier-ignore

function worker(facts: Partial<Worker>): Worker {
  return {
    id: 1,
    name: 'w',
    paused: false,
    pauseReason: null,
    graceful: false,
    builderIds: [],
    masterIds: [],
    connectedTo: [],
    ...facts,
  };
}

const listed = (things: readonly DraftThing[]) => things.filter((thing) => thing.listed).map(({ name }) => name);
const noteOf = (things: readonly DraftThing[], name: string) => things.find((thing) => thing.name === name)?.note;

const cluster = clusterWith({
  masters: [blue, away],
  builders: [
    { id: 1, name: 'tests', masterIds: [1] },
    { id: 2, name: 'old', masterIds: [] },
    { id: 3, name: 'unbuilt', masterIds: [] },
  ],
  workers: [
    worker({ id: 1, name: 'w1', masterIds: [1], builderIds: [1] }),
    worker({ id: 2, name: 'w2', connectedTo: [1] }),
    worker({ id: 3, name: 'w3' }),
  ],
  services: [
    service({ id: 1, name: 'nightly', className: 'buildbot.schedulers.timed.Nightly', holderId: 1 }),
    service({ id: 2, name: 'hourly' }),
    service({ id: 3, kind: 'changesource', name: 'repo', className: 'buildbot.changes.gitpoller.GitPoller', holderId: 1 }), // prettier-ignore
    service({ id: 4, kind: 'changesource', name: 'lost', holderId: 9 }),
  ],
});
const uses: LastUses = {
  builders: new Map([[2, { masterId: 2, at: now - 41 * day }]]),
  workers: new Map([[3, { masterId: 1, at: now - day }]]),
  services: new Map([['scheduler 2', { masterId: null, at: now - 2 * day }]]),
};

test('what is configured, connected or held is listed; the rest says who used it last, and when', (t) => {
  const draft = draftOf(cluster, uses, null);
  t.false(draft.complete);
  t.deepEqual([draft.masters, draft.builders, draft.workers, draft.schedulers, draft.changeSources].map(listed), [
    ['ci1:/srv/bb/blue'],
    ['tests'],
    ['w1', 'w2'],
    ['nightly'],
    ['repo'],
  ]);
  t.deepEqual(draft.builders.find(({ name }) => name === 'tests')?.workers, ['w1']);
  t.is(noteOf(draft.builders, 'old'), 'left over? last built by ci2:/srv/bb/green 41d ago, which is stopped: keep it if that master comes back'); // prettier-ignore
  t.is(noteOf(draft.builders, 'unbuilt'), 'left over? nothing was ever built of it');
  t.is(noteOf(draft.workers, 'w3'), 'left over? last built on by ci1:/srv/bb/blue 1d ago');
  t.is(noteOf(draft.schedulers, 'hourly'), 'left over? last active 2d ago');
  t.is(noteOf(draft.changeSources, 'lost'), 'left over? no master holds it');
  t.regex(noteOf(draft.masters, away.name) ?? '', /^stopped, last heard of 40d ago: if it comes back, so does what only it configures/); // prettier-ignore
});

test('a master is called by its directory, by its host too where that is taken, and never twice the same', (t) => {
  const called = ['a:/srv/blue', 'b:/srv/blue', 'b:/opt/blue', 'c:/srv/constructor', 'no place', 'd:/', '/x/ü'];
  const masters = called.map((name, index) => masterFacts({ id: index + 1, name }));
  const keys = draftOf(clusterWith({ masters }), unused, null).masters.map(({ name, key }) => [name, key]);
  t.deepEqual(Object.fromEntries(keys) as Record<string, string>, {
    'a:/srv/blue': 'blue',
    'b:/opt/blue': 'b-blue',
    'b:/srv/blue': 'b-blue-2',
    'c:/srv/constructor': 'c-constructor',
    'no place': 'no-place',
    'd:/': 'd-master',
    '/x/ü': 'master',
  });
});

test('the type is that of the class, as far as its name tells', (t) => {
  const types = ['buildbot.schedulers.basic.AnyBranchScheduler', 'x.Nightly', 'a.b.GitPoller', 'x.PBChangeSource', 'x.HTTPPoller', 'x.Scheduler', 'x.'].map(typeOf); // prettier-ignore
  t.deepEqual(types, ['any-branch', 'nightly', 'git-poller', 'pb', 'http-poller', 'scheduler', null]);
  t.is(typeOf(null), null);
});

const configuration: LoadedMaster = {
  name: 'ci1:/srv/bb/blue',
  builders: [{ name: 'docs', workers: ['w9'] }],
  workers: ['w9', 'w1'],
  schedulers: [{ name: 'nightly', className: 'x.Periodic' }],
  changeSources: [],
};

test('a configuration that was loaded is believed instead of what its master has registered', (t) => {
  const draft = draftOf(cluster, uses, configuration);
  t.deepEqual(listed(draft.builders), ['docs']);
  t.deepEqual(draft.builders.find(({ name }) => name === 'docs')?.workers, ['w9']);
  t.is(noteOf(draft.builders, 'tests'), 'left over? its master has it registered, but its configuration does not name it any more'); // prettier-ignore
  t.deepEqual(listed(draft.workers), ['w1', 'w9']);
  t.deepEqual(draft.schedulers.map(({ name, type, listed: is }) => [name, type, is]), [['hourly', null, false], ['nightly', 'periodic', true]]); // prettier-ignore
  t.deepEqual(listed(draft.changeSources), []);
});

test('what other masters have registered is listed all the same, and a master that never started is new', (t) => {
  const green = { ...configuration, name: 'ci3:/srv/bb/new' };
  const draft = draftOf(cluster, uses, green);
  t.deepEqual(listed(draft.builders), ['docs', 'tests']);
  t.deepEqual(listed(draft.masters), ['ci1:/srv/bb/blue', 'ci3:/srv/bb/new']);
  const stopped = draftOf(cluster, uses, { ...configuration, name: away.name });
  t.true(listed(stopped.masters).includes(away.name));
});
