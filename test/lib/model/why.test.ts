// Each link of the chain broken, and the command that mends it.
import test, { type ExecutionContext } from 'ava';
import type { OpenBuild } from '../../../src/lib/model/build.js';
import type { Facts } from '../../../src/lib/model/cluster.js';
import { resultNames } from '../../../src/lib/model/results.js';
import { why, type Link, type Questioned } from '../../../src/lib/model/why.js';
import { clusterWith, masterFacts, now, worker } from '../../_helpers/facts.js';

const alive = masterFacts({ id: 1, name: 'alive' });
const tests = { id: 1, name: 'tests', masterIds: [1] };

function build(facts: Partial<OpenBuild> = {}): OpenBuild {
  return { id: 5, number: 12, builderId: 1, requestId: 7, workerId: 1, masterId: 1, startedAt: now - 30, ...facts };
}

const pending: Questioned = {
  id: 7,
  buildsetId: 1,
  builderId: 1,
  priority: 0,
  submittedAt: now - 7200,
  waitedFor: false,
  claim: null,
  complete: false,
  results: -1,
  buildsetComplete: false,
  hasSource: true,
  parentBuildId: null,
};
const claimedBy = (masterId: number, claimedAt = now - 3600): Partial<Questioned> => ({
  claim: { masterId, claimedAt },
});

const ready: Partial<Facts> = { masters: [alive], builders: [tests], workers: [worker()] };
const dead = masterFacts({ id: 2, name: 'gone away', lastActive: now - 3600 });

function ask(facts: Partial<Facts>, request: Partial<Questioned> = {}): Link[] {
  return why(clusterWith({ ...ready, ...facts }), { ...pending, ...request });
}

function endsAt(t: ExecutionContext, links: Link[], name: Link['name'], message: RegExp, fix: string[] = []): void {
  const last = links.at(-1);
  t.is(last?.name, name);
  t.regex(last?.message ?? '', message);
  t.deepEqual(last?.fix, fix);
  t.true(links.slice(0, -1).every((link) => link.state === 'holds'));
}

test('a request that is complete, or being built, is where the chain ends well', (t) => {
  for (const [results, name] of resultNames.entries()) {
    const complete = ask({}, { complete: true, results });
    endsAt(t, complete, 'request', new RegExp(`^Request 7 is complete: ${name}\\.$`));
    t.is(complete.at(-1)?.state, 'built');
  }
  const built = ask({ builds: [build()] }, claimedBy(1));
  endsAt(t, built, 'claim', /^alive builds it since 30s: build 12 of tests \(id 5\)\.$/);
  t.is(built.at(-1)?.state, 'built');
});

test('no source stamp: Buildbot does not see it', (t) => {
  endsAt(t, ask({}, { hasSource: false }), 'source', /no source stamp/, ['bbctl requests cancel 7']);
});

test('claimed by a master that is dead, or has no row', (t) => {
  endsAt(t, ask({ masters: [alive, dead] }, claimedBy(2)), 'claim', /1h ago by gone away, which is dead/, ["bbctl masters expire 'gone away'"]); // prettier-ignore
  endsAt(t, ask({}, claimedBy(9)), 'claim', /by master 9 \(gone\), which is gone/, ['bbctl requests release 7']);
});

test('claimed by a living master that does not build it, or by one that may be starting', (t) => {
  endsAt(t, ask({}, claimedBy(1)), 'claim', /by alive, and no build of it has started/, ['bbctl masters show alive']);
  const starting = masterFacts({ id: 2, name: 'two', active: false, lastActive: now - 3600 });
  endsAt(t, ask({ masters: [alive, starting] }, claimedBy(2, now - 5)), 'claim', /by two, which is starting, and no build/, ['bbctl masters show two']); // prettier-ignore
});

test('a build on a Buildbot master waits for it: left to Buildbot, if any of its masters could build it', (t) => {
  const own = masterFacts({
    id: 2,
    name: 'own',
    run: { incarnation: 'x', expireAfter: 45, beat: now, startedAt: now },
  });
  const parent = build({ requestId: 8, builderId: 9, workerId: null });
  const awaited = { waitedFor: true, parentBuildId: parent.id };
  const left = ask({ builds: [parent] }, awaited);
  t.like(left.find(({ name }) => name === 'awaited'), { state: 'holds', message: 'Build 12 of builder 9 (gone) on alive waits for it: it is left to Buildbot masters.' }); // prettier-ignore
  t.is(left.at(-1)?.name, 'free');
  const nobody = { masters: [alive, own], builders: [{ ...tests, masterIds: [2] }] };
  endsAt(t, ask({ ...nobody, builds: [parent] }, awaited), 'awaited', /no living Buildbot master configures its builder/, ['bbctl masters show alive']); // prettier-ignore
  for (const links of [
    ask({ ...nobody, builds: [{ ...parent, masterId: 2 }] }, awaited),
    ask({ ...nobody, builds: [parent] }, { ...awaited, waitedFor: false }),
    ask(nobody, awaited),
  ])
    t.false(links.some(({ name }) => name === 'awaited'));
});

test('its builder has no row', (t) => {
  endsAt(t, ask({ builders: [] }), 'builder', /^Its builder 1 has no row\.$/, ['bbctl requests cancel 7']);
});

test('no master configures its builder, or none that lives', (t) => {
  endsAt(t, ask({ builders: [{ ...tests, masterIds: [] }] }), 'masters', /^No master configures that builder/, ['bbctl builders --orphaned', 'bbctl requests cancel 7']); // prettier-ignore
  endsAt(t, ask({ masters: [alive, dead], builders: [{ ...tests, masterIds: [2] }] }), 'masters', /only gone away \(dead\)\. Start one/, ["bbctl masters show 'gone away'"]); // prettier-ignore
});

test('no worker is configured for it, none is connected, or only to a master that does not configure it', (t) => {
  endsAt(t, ask({ workers: [worker({ builderIds: [2] })] }), 'workers', /^No worker is configured/, ['bbctl workers']);
  endsAt(t, ask({ workers: [worker({ connectedTo: [] })] }), 'connections', /^None of them is connected/, ['bbctl workers']); // prettier-ignore
  const elsewhere = {
    masters: [alive, masterFacts({ id: 3, name: 'three' })],
    workers: [worker({ connectedTo: [3] })],
  };
  endsAt(t, ask(elsewhere), 'connections', /^None of them is connected/, ['bbctl workers']);
  endsAt(t, ask({ masters: [alive, dead], builders: [{ ...tests, masterIds: [1, 2] }], workers: [worker({ connectedTo: [2] })] }), 'connections', /\(w looks connected to gone away, which is dead\)\.$/, ['bbctl workers']); // prettier-ignore
});

test('its workers are paused, shutting down, or busy', (t) => {
  const paused = ['bbctl workers --filter paused=yes'];
  endsAt(t, ask({ workers: [worker({ paused: true })] }), 'free', /^It is paused or shutting down\.$/, paused);
  endsAt(t, ask({ workers: [worker({ paused: true }), worker({ id: 2, name: 'v', graceful: true })] }), 'free', /^All of them are paused/, paused); // prettier-ignore
  endsAt(t, ask({ builds: [build({ requestId: 8 })] }), 'free', /busy: it waits its turn/, ['bbctl builds --running']);
});

test('all links hold: what is left is told, and what wakes the master', (t) => {
  const links = ask({
    masters: [masterFacts({ name: 'ci1:/srv/blue' })],
    queues: [{ builderId: 1, length: 3, oldestSubmittedAt: now - 7200 }],
  });
  endsAt(t, links, 'free', /^w could build it\. A lock, a canStartBuild/, ['ssh ci1 buildbot reconfig /srv/blue']);
  t.deepEqual(links.map(({ name }) => name), ['request', 'claim', 'builder', 'masters', 'workers', 'connections', 'free']); // prettier-ignore
  t.regex(links[0]?.message ?? '', /^Request 7 was submitted 2h ago with priority 0, one of 3 pending requests of its builder\.$/); // prettier-ignore
});

test('a buildset that is complete does not keep it from being built, and is told', (t) => {
  const links = ask({}, { buildsetComplete: true });
  t.like(links[1], { name: 'buildset', state: 'holds', fix: ['bbctl requests cancel 7'] });
  t.is(links.at(-1)?.name, 'free');
});

test('a holder whose heart is silent is told so, though it builds', (t) => {
  const silent = masterFacts({ id: 2, name: 'two', lastActive: now - 3600, otherSign: now });
  endsAt(t, ask({ masters: [alive, silent], builds: [build({ masterId: 2 })] }, claimedBy(2)), 'claim', /^two, which is silent, builds it since/); // prettier-ignore
  endsAt(t, ask({ masters: [alive, silent] }, claimedBy(2)), 'claim', /by two, which is silent, and no build/, ['bbctl masters show two']); // prettier-ignore
});
