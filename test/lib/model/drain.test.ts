// What is seen of a master that shuts down, look by look.
import test from 'ava';
import { secondsLeft } from '../../../src/lib/model/build-eta.js';
import { blockedSentence, look, watchFrom, type DrainFacts, type Watched } from '../../../src/lib/model/drain.js';
import type { OpenBuild } from '../../../src/lib/model/build.js';
import type { Facts } from '../../../src/lib/model/cluster.js';
import { masterOf } from '../../../src/lib/model/cluster.js';
import { clusterWith, masterFacts, now, ownMaster, service, worker } from '../../_helpers/facts.js';

test('a build takes as long as those of its builder that took longer than it has run', (t) => {
  const durations = [100, 100, 100, 600];
  t.is(secondsLeft(0, durations), 100);
  t.is(secondsLeft(90, durations), 10);
  t.is(secondsLeft(100, durations), 500);
  t.is(secondsLeft(150, [100, 200, 300]), 100);
});

test('nobody knows it of a builder without history, and of a build that is longer than all of them', (t) => {
  t.is(secondsLeft(0, []), null);
  t.is(secondsLeft(0, [100, 100]), null);
  t.is(secondsLeft(601, [100, 100, 600]), null);
  t.is(secondsLeft(600, [100, 100, 600]), null);
});

const build: OpenBuild = {
  id: 5,
  number: 12,
  builderId: 1,
  requestId: 9,
  workerId: 1,
  masterId: 1,
  startedAt: now - 60,
};

function facts(cluster: Partial<Facts>, more: Partial<DrainFacts> = {}): DrainFacts {
  return { cluster: clusterWith({ builders: [{ id: 1, name: 'tests', masterIds: [1] }], ...cluster }), steps: new Map(), durations: new Map(), awaited: [], ...more }; // prettier-ignore
}

const building = masterFacts({ has: { openBuilds: 1, claims: 1, schedulers: [1], connectedWorkers: [1] } });

function watching(seen: DrainFacts, kind: Watched['kind'] = 'buildbot', askedAt = now): Watched {
  return watchFrom(masterOf(seen.cluster, 1)!, { kind, verb: 'drain', askedAt });
}

test('what is left: builds with their steps and how long they take, services, requests, workers', (t) => {
  const seen = facts(
    { masters: [building], builds: [build], services: [service({ holderId: 1 })] },
    { steps: new Map([[5, 'compile']]), durations: new Map([[1, [100, 100, 100]]]) },
  );
  t.like(look(watching(seen), seen), {
    ending: null,
    troubles: [],
    left: { builds: [{ id: 5, builder: 'tests', number: 12, step: 'compile', secondsLeft: 40 }], services: ['nightly'], requests: 1, workers: 1, secondsLeft: 40, unknown: 0 },
  }); // prettier-ignore
  const other = { ...build, id: 6, builderId: 2 };
  const two = facts({ masters: [building], builds: [build, other] }, { durations: new Map([[1, [100, 100, 100]]]) });
  t.like(look(watching(two), two).left, { secondsLeft: null, unknown: 1 });
  const idle = facts({ masters: [masterFacts()] });
  t.like(look(watching(idle), idle).left, { builds: [], secondsLeft: 0, unknown: 0 });
});

const away = { active: false, has: { builderMasters: [] } };

test('it has stopped when it is inactive and nothing is left', (t) => {
  const before = watching(facts({ masters: [building] }));
  t.is(look(before, facts({ masters: [masterFacts(away)] })).ending, 'stopped');
  t.is(look(before, facts({ masters: [] })).ending, 'gone');
  t.is(look(before, facts({ masters: [masterFacts({ lastActive: now - 700 })] })).ending, 'dead');
});

test('putting everything away takes its time, but not for ever', (t) => {
  const half = facts({ masters: [masterFacts({ active: false, has: { builderMasters: [], connectedWorkers: [1] } })] });
  const later = (seconds: number): DrainFacts => ({ ...half, cluster: { ...half.cluster, now: now + seconds } });
  const first = look(watching(half), half);
  t.deepEqual([first.ending, first.inactiveSince], [null, now]);
  const second = look(first, later(30));
  t.is(second.ending, null);
  t.is(look(second, later(31)).ending, 'unclean');
  t.is(look(second, facts({ masters: [masterFacts(away)] })).ending, 'stopped');
});

test('who is active again after it was inactive, or under another incarnation, was started again', (t) => {
  const half = facts({ masters: [masterFacts({ active: false })] });
  const again = (seconds: number, has = {}) => facts({ now: now + seconds, masters: [masterFacts({ lastActive: now + seconds, has })] }); // prettier-ignore
  const first = look(look(watching(half), half), again(1));
  t.is(first.ending, null);
  t.is(look(first, again(31)).ending, null);
  t.is(look(first, again(32)).ending, 'restarted');
  const own = ownMaster();
  const before = watching(facts({ masters: [own] }), 'bbctl');
  t.is(look(before, facts({ masters: [own] })).ending, null);
  t.is(look(before, facts({ masters: [{ ...own, run: { ...own.run!, incarnation: 'next' } }] })).ending, 'restarted');
});

test('the last heartbeat of a Buildbot that stops may take back that it is inactive: that is no start', (t) => {
  const half = facts({ masters: [masterFacts({ active: false })] });
  const beat = (seconds: number) => facts({ now: now + seconds, masters: [masterFacts({ lastActive: now, has: { builderMasters: [] } })] }); // prettier-ignore
  const seen = look(look(look(watching(half), half), beat(1)), beat(60));
  t.is(seen.ending, null);
  t.is(look(seen, facts({ now: now + 61, masters: [masterFacts(away)] })).ending, 'stopped');
});

test('what has ended stays so, whatever comes', (t) => {
  const ended = look(watching(facts({ masters: [building] })), facts({ masters: [masterFacts(away)] }));
  t.is(look(ended, facts({ masters: [building] })), ended);
});

test('a Buildbot master that starts builds after it was asked has not heard', (t) => {
  const late = { ...build, startedAt: now + 16 };
  const at = (seconds: number, builds: OpenBuild[]): DrainFacts => {
    const seen = facts({ masters: [building], builds });
    return { ...seen, cluster: { ...seen.cluster, now: now + seconds } };
  };
  const before = watching(at(0, [build]));
  t.deepEqual(look(before, at(60, [build])).troubles, []);
  t.deepEqual(look(before, at(60, [build, { ...late, startedAt: now + 10 }])).troubles, []);
  t.deepEqual(look(before, at(60, [build, late])).troubles.map(({ kind }) => kind), ['unheeded']); // prettier-ignore
  t.deepEqual(look({ ...before, verb: 'stop' }, at(60, [build, late])).troubles, []);
});

test("one of bbctl's own says that it drains", (t) => {
  const at = (seconds: number, isDraining: boolean): DrainFacts => {
    const seen = facts({
      masters: [ownMaster({ condition: { state: isDraining ? 'draining' : 'active', listen: null } })],
    });
    return { ...seen, cluster: { ...seen.cluster, now: now + seconds } };
  };
  const before = watching(at(0, false), 'bbctl');
  t.deepEqual(look(before, at(10, false)).troubles, []);
  t.regex(look(before, at(20, false)).troubles[0]?.message ?? '', /does not say that it drains/);
  t.deepEqual(look(before, at(20, true)).troubles, []);
});

test('a heart that has fallen silent is told before it is dead', (t) => {
  const seen = facts({ masters: [masterFacts({ lastActive: now - 200 })] });
  t.regex(look(watching(seen), seen).troubles[0]?.message ?? '', /is late: its last heartbeat was 3m 20s ago/);
});

test('a build that waits for what nobody would start is told, and only where nobody would', (t) => {
  const child = { id: 10, builderId: 2, buildId: 5 };
  const builders = [{ id: 1, name: 'tests', masterIds: [1] }, { id: 2, name: 'child', masterIds: [1, 2] }]; // prettier-ignore
  const other = masterFacts({ id: 2, name: 'host:/srv/two' });
  const connected = worker({ builderIds: [2], connectedTo: [2] });
  const seen = (cluster: Partial<Facts>): DrainFacts => facts({ masters: [building, other], builders, builds: [build], workers: [connected], ...cluster }, { awaited: [child] }); // prettier-ignore
  t.is(blockedSentence(seen({}), [1]), null);
  const sentence =
    /^Build 5 \(tests #12\) waits for request 10 of child, which a draining Buildbot master does not start/;
  t.regex(blockedSentence(seen({}), [1, 2]) ?? '', sentence);
  t.regex(blockedSentence(seen({ workers: [] }), [1]) ?? '', sentence);
  t.regex(blockedSentence(seen({ workers: [{ ...connected, paused: true }] }), [1]) ?? '', sentence);
  t.regex(blockedSentence(seen({ masters: [building, { ...other, lastActive: now - 700 }] }), [1]) ?? '', sentence);
  t.is(blockedSentence(seen({}), [3]), null);
  const alone = seen({ workers: [] });
  t.deepEqual(look(watching(alone), alone).troubles.map(({ kind }) => kind), ['blocked']); // prettier-ignore
  t.deepEqual(look(watching(alone, 'bbctl'), alone).troubles, []);
});
