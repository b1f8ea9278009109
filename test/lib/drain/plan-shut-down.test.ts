// What is asked of whom, and what speaks against it.
import { hostname } from 'node:os';
import test from 'ava';
import { planShutDown, type ShutDownInput } from '../../../src/lib/drain/plan-shut-down.js';
import { targetsOf } from '../../../src/lib/drain/targets.js';
import type { Condition } from '../../../src/lib/model/run.js';
import type { Facts } from '../../../src/lib/model/cluster.js';
import type { DrainFacts } from '../../../src/lib/model/drain.js';
import type { Inventory, MasterEntry } from '../../../src/lib/model/inventory.js';
import { clusterWith, everything, masterFacts, now, ownMaster, worker } from '../../_helpers/facts.js';

const signal = { signal: 'USR1', pidFile: '/srv/one/twistd.pid' };
const entry: MasterEntry = { key: 'one', name: 'host:/srv/one', kind: 'buildbot', listen: null, control: { drain: signal } }; // prettier-ignore
const inventory = everything({ masters: [entry] });
const other = masterFacts({ id: 2, name: 'host:/srv/two' });

function facts(cluster: Partial<Facts> = {}, more: Partial<DrainFacts> = {}): DrainFacts {
  return { cluster: clusterWith({ masters: [masterFacts(), other], ...cluster }), steps: new Map(), durations: new Map(), awaited: [], ...more }; // prettier-ignore
}

function plan(
  seen: DrainFacts,
  known: Inventory | null = inventory,
  input: Partial<ShutDownInput> = {},
  words = ['host:/srv/one'],
) {
  // prettier-ignore
  const targets = targetsOf(words, seen, known);
  return planShutDown(targets, seen, { verb: 'drain', onDeadline: 'fail', force: false, ...input });
}

test('a master is asked by its control, whatever it is called by', (t) => {
  for (const word of ['one', 'host:/srv/one', '1']) {
    const { steps, blockers } = plan(facts(), inventory, {}, [word]);
    t.deepEqual([steps.map(({ kind, by }) => [kind, by]), blockers], [[['ask', 'the signal USR1 to the process of /srv/one/twistd.pid']], []]); // prettier-ignore
  }
  t.is(plan(facts(), inventory, {}, ['one', '1']).steps.length, 1);
  t.throws(() => plan(facts(), inventory, {}, ['three']), { message: 'There is no master "three".' });
});

test('nothing is to be done for one that has stopped; nothing can be asked of one that is dead', (t) => {
  const seen = (one: Parameters<typeof masterFacts>[0]): DrainFacts => facts({ masters: [masterFacts(one), other] });
  const stopped = plan(seen({ active: false, has: { builderMasters: [] } }));
  t.deepEqual([stopped.steps, stopped.notes], [[], ['host:/srv/one is stopped, and nothing is left of it.']]);
  const blocked = (one: Parameters<typeof masterFacts>[0]): string => plan(seen(one)).blockers.map((blocker) => `${blocker.message} ${blocker.try}`).join(); // prettier-ignore
  t.is(blocked({ lastActive: now - 700 }), 'host:/srv/one is dead: nothing can be asked of it. bbctl masters expire host:/srv/one'); // prettier-ignore
  t.regex(blocked({ active: false }), /^host:\/srv\/one is starting\./);
  t.regex(blocked({ active: false, has: { builderMasters: [], claims: 1 } }), /^host:\/srv\/one is not active, but/);
});

test('where nothing says how, the lines of cluster.yaml that would are told', (t) => {
  const [blocker] = plan(facts(), null).blockers;
  t.is(blocker?.message, 'Nothing says how to drain host:/srv/one.');
  t.regex(blocker?.try ?? '', /\n {4}one:\n {6}kind: buildbot\n {6}name: "host:\/srv\/one"\n {6}control:\n {8}drain: \{exec: \[ssh, host, buildbot, stop, --clean, --no-wait, \/srv\/one\]\}$/); // prettier-ignore
  const here = `${hostname()}:/srv/one`;
  const local = plan(facts({ masters: [masterFacts({ name: here }), other] }), null, { verb: 'stop', onDeadline: 'kill' }, [here]).blockers[0]; // prettier-ignore
  t.is(local?.message, `Nothing says how to stop, kill ${here}.`);
  t.regex(
    local?.try ?? '',
    /stop: \{signal: TERM, pidFile: \/srv\/one\/twistd\.pid\}\n {8}kill: \{signal: KILL, pidFile: /,
  );
  t.is(
    plan(facts(), inventory, { onDeadline: 'stop' }).blockers[0]?.message,
    'Nothing says how to stop host:/srv/one.',
  );
});

test("one of bbctl's own is asked where it listens, with the token", (t) => {
  const saying = (state: Condition['state']): DrainFacts => facts({ masters: [ownMaster({ condition: { state, listen: '127.0.0.1:8010' } }), other] }); // prettier-ignore
  const own = saying('active');
  const named = everything({ masters: [{ ...entry, kind: 'bbctl', control: {}, listen: { host: '0.0.0.0', port: 8011 } }], tokenFile: '/token' }); // prettier-ignore
  t.is(plan(own, everything({ tokenFile: '/token' })).steps[0]?.by, 'REST at http://127.0.0.1:8010');
  t.is(plan(own, named).steps[0]?.by, 'REST at http://host:8011');
  t.regex(plan(own, null).blockers[0]?.message ?? '', /takes orders over REST only from who shows its token/);
  const draining = saying('draining');
  t.is(plan(draining, named).steps[0]?.kind, 'watch');
  t.is(plan(draining, named, { verb: 'stop' }).steps[0]?.kind, 'ask');
});

test('who is to be left is looked at: no other master, or none with its builders', (t) => {
  t.regex(plan(facts({ masters: [masterFacts()] })).warnings[0] ?? '', /^No other master lives/);
  const builders = [{ id: 1, name: 'tests', masterIds: [1] }, { id: 2, name: 'docs', masterIds: [1, 2] }]; // prettier-ignore
  t.deepEqual(plan(facts({ builders })).warnings, ['No other living master has the builder tests: requests wait meanwhile.']); // prettier-ignore
  t.deepEqual(plan(facts({ builders: builders.slice(1) })).warnings, []);
});

test('stopping a Buildbot master that builds wants its name typed', (t) => {
  const stop = { ...entry, control: { stop: signal } };
  const seen = (own: boolean): DrainFacts => facts({ masters: [own ? ownMaster({ has: { openBuilds: 2 } }) : masterFacts({ has: { openBuilds: 2 } }), other] }); // prettier-ignore
  const rough = plan(seen(false), everything({ masters: [stop] }), { verb: 'stop' });
  t.is(rough.typed, 'host:/srv/one');
  t.regex(rough.warnings[0] ?? '', /Buildbot may lose the work of 2 running builds: .*CANCELLED/);
  const kind = plan(seen(true), everything({ masters: [{ ...stop, kind: 'bbctl' }] }), { verb: 'stop' });
  t.is(kind.typed, undefined);
  t.is(kind.warnings[0], 'host:/srv/one: 2 running builds will end as RETRY, and be built again.');
});

test('a drain that would never end is refused, but by --force', (t) => {
  const build = { id: 5, number: 12, builderId: 1, requestId: 9, workerId: 1, masterId: 1, startedAt: now };
  const builders = [{ id: 1, name: 'tests', masterIds: [1, 2] }, { id: 2, name: 'child', masterIds: [1, 2] }]; // prettier-ignore
  const seen = facts({ builds: [build], builders, workers: [worker({ builderIds: [2] })] }, { awaited: [{ id: 10, builderId: 2, buildId: 5 }] }); // prettier-ignore
  const [blocker] = plan(seen).blockers;
  t.is(blocker?.override, '--force');
  t.regex(blocker?.message ?? '', /waits for request 10 of child.*The drain would never end\.$/);
  t.deepEqual(plan(seen, inventory, { force: true }).blockers, []);
  t.deepEqual(plan(seen, everything({ masters: [{ ...entry, control: { stop: signal } }] }), { verb: 'stop' }).blockers, []); // prettier-ignore
});
