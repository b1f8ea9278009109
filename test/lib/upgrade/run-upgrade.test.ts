// The procedure by a clock of its own, before a cluster that is played: what is asked when, what is believed, where it stops.
import test from 'ava';
import type { UpgradeEvent } from '../../../src/lib/upgrade/events.js';
import { PlayedCluster } from '../../_helpers/played-cluster.js';

const services = ['nightly', 'on-commit'];
const blue = { name: 'blue', services };
const green = { name: 'green', services };

const names = (events: readonly UpgradeEvent[]): string[] =>
  events.flatMap((event) => (event.event === 'progress' ? [] : [event.event === 'stage' ? event.stage : event.event]));

test('the new one is started, the old one drained, and it is done when the services are held again', async (t) => {
  const played = new PlayedCluster(t, { old: [{ ...blue, buildsUntil: 200 }], start: [{ ...green, startTakes: 8 }], takeOverTakes: 30 }); // prettier-ignore
  const report = await played.run();
  t.like(report, { status: 'done', why: null, complaints: [], retried: 0 });
  t.deepEqual(played.done, ['start green', 'drain blue']);
  t.deepEqual(report.masters.map(({ name, outcome }) => [name, outcome]), [['green', 'arrived'], ['blue', 'stopped']]); // prettier-ignore
  t.deepEqual(report.services.map(({ name, from, to }) => [name, from, to]), services.map((name) => [name, 'blue', 'green'])); // prettier-ignore
  for (const { unheld } of report.services) t.true(unheld.atLeast >= 29 && unheld.atMost <= 31, JSON.stringify(unheld));
  t.deepEqual(names(played.events), ['start', 'started', 'arriving', 'arrived', 'drain', 'asked', 'ended', 'hand over', 'unheld', 'moved', 'moved', 'unheld', 'prove', 'report']); // prettier-ignore
  t.is(played.saved?.finished, 'done');
});

test('one heartbeat is not believed: a new master that crashes right after its start leaves the old one alone', async (t) => {
  const played = new PlayedCluster(t, { old: [blue], start: [{ ...green, startTakes: 3, crashesAfter: 5 }] });
  const report = await played.run();
  t.like(report, { status: 'blocked', why: 'green was started, and its process is gone again. The old masters were left as they are.' }); // prettier-ignore
  t.deepEqual(played.done, ['start green', 'stop green']);
  t.like(report.masters, [
    { name: 'green', outcome: 'not arrived' },
    { name: 'blue', outcome: 'not asked' },
  ]);
});

test('a start that fails, and one that never comes', async (t) => {
  const failing = new PlayedCluster(t, { old: [blue], start: [{ ...green, control: { start: { exec: ['sh', '-c', 'echo no such folder; exit 1'] } } }] }); // prettier-ignore
  t.regex((await failing.run()).why!, /^green was not started: sh ended with status 1: no such folder\. The old/);
  const hanging = new PlayedCluster(t, { old: [blue], start: [{ ...green, startTakes: Infinity }] });
  t.regex((await hanging.run()).why!, /^green was started five minutes ago and still lacks its row to become active\./);
  t.deepEqual(hanging.done, ['start green', 'stop green']);
});

test('a start that lies is not believed; the one that was stopped is started again by going on', async (t) => {
  const played = new PlayedCluster(t, { old: [blue], start: [{ ...green, control: { start: { exec: ['true'] } } }] });
  t.regex((await played.run()).why!, /^green was started, and its process is gone again/);
  t.deepEqual(played.done, ['stop green']);
  played.change({ start: [green] });
  t.like(await played.run(), { status: 'done' });
  t.deepEqual(played.done, ['stop green', 'start green', 'drain blue']);
});

test('a service that nobody takes over stops it with a question', async (t) => {
  const played = new PlayedCluster(t, { old: [blue], start: [{ name: 'green', services: ['nightly'] }] });
  const report = await played.run();
  t.like(report, { status: 'blocked', why: 'Nobody has taken 1 service over in 6 minutes: on-commit.' });
  t.is(played.saved?.finished, null);
});

test('a claim that a Buildbot deletes as it stops, though another one has it by then, is told soon, with what to do', async (t) => {
  const played = new PlayedCluster(t, { old: [{ ...blue, exitTakes: 8 }], start: [green], claimsLostAt: 65 });
  const report = await played.run();
  t.like(report, { status: 'blocked', why: 'green has taken nightly, on-commit over and runs them, but the old Buildbot has deleted their claim as it stopped. Another Buildbot that starts would run them, too.' }); // prettier-ignore
  t.true(played.ms < 100_000, `after ${played.ms} ms`);
});

test('interrupted while it starts, while it drains, while it hands over: each time it goes on', async (t) => {
  for (const interruptedAt of [10, 150, 410]) {
    const played = new PlayedCluster(t, { old: [{ ...blue, buildsUntil: 400 }], start: [{ ...green, startTakes: 20 }], takeOverTakes: 60, interruptedAt }); // prettier-ignore
    t.like(await played.run(), { status: 'interrupted' });
    played.change({ interruptedAt: Infinity });
    const report = await played.run();
    t.like(report, { status: 'done' }, `interrupted at ${interruptedAt}`);
    t.is(played.done.filter((line) => line === 'start green').length, 1);
    t.deepEqual(
      report.services.map(({ to }) => to),
      ['green', 'green'],
    );
  }
});

test('the database is away while it starts, drains and hands over', async (t) => {
  for (const from of [5, 200, 405]) {
    const played = new PlayedCluster(t, { old: [{ ...blue, buildsUntil: 400 }], start: [{ ...green, startTakes: 20 }], takeOverTakes: 30, away: [from, from + 90] }); // prettier-ignore
    t.like(await played.run(), { status: 'done' }, `away from ${from}`);
    t.deepEqual(played.events.filter(({ event }) => /contact/.test(event)).map(({ event }) => event), ['lost contact', 'contact']); // prettier-ignore
  }
});

test('the deadline comes, or Ctrl-C, while the database is away: contact is lost', async (t) => {
  const scene = { old: [{ ...blue, buildsUntil: 1000 }], start: [green], away: [200, 100_000] as const };
  const late = new PlayedCluster(t, { ...scene, request: { deadlineMs: 300_000 } });
  t.like(await late.run(), { status: 'lost contact', complaints: null });
  const interrupted = new PlayedCluster(t, { ...scene, interruptedAt: 300 });
  t.like(await interrupted.run(), { status: 'lost contact' });
});

test('the deadline: fail, wait, stop, kill', async (t) => {
  const scene = { old: [{ ...blue, buildsUntil: 1000 }], start: [green] };
  const ended = async (onDeadline: 'fail' | 'wait' | 'stop' | 'kill') => {
    const played = new PlayedCluster(t, { ...scene, request: { deadlineMs: 60_000, onDeadline } });
    const { status, masters } = await played.run();
    return { status, done: played.done.slice(2), blue: masters.at(-1), expired: played.expired };
  };
  t.like(await ended('fail'), { status: 'deadline', done: [], blue: { outcome: 'running' } });
  t.like(await ended('wait'), { status: 'done', done: [], blue: { outcome: 'stopped' } });
  t.like(await ended('stop'), { status: 'done', done: ['stop blue'], blue: { outcome: 'stopped', killed: false } });
  t.like(await ended('kill'), { status: 'done', done: ['kill blue'], blue: { killed: true }, expired: [{ isGone: true }] }); // prettier-ignore
});

test('who lives on after its control.kill is never expired', async (t) => {
  const kill = { exec: ['true'] };
  const played = new PlayedCluster(t, { old: [{ ...blue, buildsUntil: 9000, control: { kill } }], start: [green], request: { deadlineMs: 60_000, onDeadline: 'kill' } }); // prettier-ignore
  const report = await played.run();
  t.is(report.status, 'deadline');
  t.like(report.masters[1], { outcome: 'running', killed: false });
  t.deepEqual(played.expired, []);
});

test('a new master that is lost in the middle stops it with a question; started again it goes on', async (t) => {
  const played = new PlayedCluster(t, { old: [{ ...blue, buildsUntil: 3000 }], start: [{ ...green, diesAt: 300 }] });
  const report = await played.run();
  t.like(report, { status: 'blocked', why: 'green, on which the upgrade stands, is dead. What was asked of the others goes on.' }); // prettier-ignore
});

test('somebody else began one while the database was away', async (t) => {
  const played: PlayedCluster = new PlayedCluster(t, { old: [{ ...blue, buildsUntil: 400 }], start: [green], away: [200, 230], keepLock: () => played.ms < 200_000 }); // prettier-ignore
  t.like(await played.run(), { status: 'blocked', why: 'While the database was away, another bbctl has begun to upgrade this cluster.' }); // prettier-ignore
});

test('a disk that is full does not end it, and is told; before the first step it does', async (t) => {
  const played: PlayedCluster = new PlayedCluster(t, { old: [blue], start: [green], saveFails: () => played.ms > 0 });
  t.like(await played.run(), { status: 'done' });
  t.is(played.events.filter(({ event }) => event === 'not saved').length, 1);
  const full = new PlayedCluster(t, { old: [blue], start: [green], saveFails: () => true });
  await t.throwsAsync(full.run(), { name: 'Failure', message: 'the disk is full' });
  t.deepEqual(full.done, []);
});

test('one by one, each new one before its old one', async (t) => {
  const played = new PlayedCluster(t, { old: [blue, { name: 'teal', services }], start: [green, { name: 'lime', services }], request: { oneByOne: true } }); // prettier-ignore
  t.like(await played.run(), { status: 'done' });
  t.deepEqual(played.done, ['start green', 'drain blue', 'start lime', 'drain teal']);
});

test('abort: an old one that drains goes to its end and is started again, then the new one is drained', async (t) => {
  const played = new PlayedCluster(t, { old: [{ ...blue, buildsUntil: 400 }], start: [green], interruptedAt: 200 });
  t.like(await played.run(), { status: 'interrupted' });
  played.change({ interruptedAt: Infinity });
  const report = await played.abort();
  t.like(report, { status: 'aborted', complaints: [] });
  t.deepEqual(played.done, ['start green', 'drain blue', 'start blue', 'drain green']);
  t.deepEqual(
    report.services.map(({ to }) => to),
    ['blue', 'blue'],
  );
  t.like(report.masters, [{ name: 'green' }, { name: 'blue', outcome: 'started again' }]);
  t.is(played.saved?.finished, 'aborted');
});

test('abort before anything was drained: the new one goes, also if it comes only then; the old one was never asked', async (t) => {
  for (const interruptedAt of [10, 90]) {
    const played = new PlayedCluster(t, { old: [blue], start: [{ ...green, startTakes: 60 }], interruptedAt });
    t.like(await played.run(), { status: 'interrupted' });
    played.change({ interruptedAt: Infinity });
    t.like(await played.abort(), { status: 'aborted' });
    t.deepEqual(played.done, ['start green', 'drain green']);
  }
});

test('abort where the new one does not end by the deadline does not say that it has', async (t) => {
  const played = new PlayedCluster(t, { old: [blue], start: [{ ...green, buildsUntil: 9000 }], interruptedAt: 30, request: { deadlineMs: 60_000 } }); // prettier-ignore
  t.like(await played.run(), { status: 'interrupted' });
  played.change({ interruptedAt: Infinity });
  const report = await played.abort();
  t.is(report.status, 'deadline');
  t.like(report.masters[0], { name: 'green', outcome: 'not arrived' });
  t.is(played.saved?.finished, null);
});

test('who could not be asked does not drain: an abort does not wait for its end', async (t) => {
  const drain = { exec: ['sh', '-c', 'echo no route; exit 1'] };
  const played = new PlayedCluster(t, { old: [{ ...blue, buildsUntil: 9000, control: { drain } }], start: [green] });
  const report = await played.run();
  t.like(report, { status: 'blocked', why: 'blue could not be asked to drain: sh ended with status 1: no route' });
  t.like(report.masters, [{ name: 'green' }, { name: 'blue', outcome: 'not asked' }]);
  t.like(await played.abort(), { status: 'aborted', complaints: [] });
  t.deepEqual(played.done, ['start green', 'drain green']);
});

test('abort where nothing says how to start the old one again touches nothing', async (t) => {
  const played = new PlayedCluster(t, { old: [{ ...blue, control: { start: undefined } }], start: [green], interruptedAt: 130, takeOverTakes: 100 }); // prettier-ignore
  t.like(await played.run(), { status: 'interrupted' });
  played.change({ interruptedAt: Infinity });
  t.regex((await played.abort()).why!, /^Nothing says how to start blue again\. The new masters were left/);
  t.deepEqual(played.done, ['start green', 'drain blue']);
  t.like(await played.run(), { status: 'done' });
});
