// When timed schedulers fire: once for each time, once for all that was missed, and never for ever silent.
import test from 'ava';
import { decideFiring, periodic, type Rhythm } from '../../../src/lib/model/schedules.js';

const hourly = periodic(3_600_000);
/** On the full hour. */
const onTheHour: Rhythm = { first: (since) => next(since), after: (last) => next(last) };
const next = (after: number) => (Math.floor(after / 3600) + 1) * 3600;
const never: Rhythm = { first: () => null, after: () => null };

const decide = (rhythm: Rhythm, now: number, lastBuild: number | null, since: number | null = null) => decideFiring({ now, lastBuild, since }, rhythm); // prettier-ignore

test('periodic: fires at its very first look, then from there on', (t) => {
  t.deepEqual(decide(hourly, 1000, null), { kind: 'fire', slot: 1000, lastBuild: 1000 });
  t.deepEqual(decide(hourly, 1001, 1000), { kind: 'wait', until: 4600 });
  t.deepEqual(decide(hourly, 4600, 1000), { kind: 'fire', slot: 4600, lastBuild: 4600 });
});

test('periodic: a look that is late does not move the rhythm', (t) => {
  t.deepEqual(decide(hourly, 4700.5, 1000), { kind: 'fire', slot: 4600, lastBuild: 4600 });
});

test('periodic: of several that were missed one is made up for, and the rhythm begins anew', (t) => {
  t.deepEqual(decide(hourly, 50_000, 1000), { kind: 'fire', slot: 4600, lastBuild: 50_000 });
  t.deepEqual(decide(hourly, 50_001, 50_000), { kind: 'wait', until: 53_600 });
});

test('nightly: waits for its first time, also where another master takes over before it', (t) => {
  t.deepEqual(decide(onTheHour, 3000, null), { kind: 'wait', until: 3600 });
  t.deepEqual(decide(onTheHour, 3700, null, 3000), { kind: 'fire', slot: 3600, lastBuild: 3600 });
});

test('nightly: what was missed is made up for once, at once', (t) => {
  t.deepEqual(decide(onTheHour, 20_000, 3600), { kind: 'fire', slot: 7200, lastBuild: 20_000 });
  t.deepEqual(decide(onTheHour, 20_000, 20_000), { kind: 'wait', until: 21_600 });
});

test('one that has fired for a slot does not fire for it again, by a clock that is a little behind', (t) => {
  t.deepEqual(decide(onTheHour, 3590, 3600), { kind: 'wait', until: 7200 });
  t.deepEqual(decide(hourly, 3590, 3600), { kind: 'wait', until: 7200 });
});

test('a last time that is far ahead is not believed', (t) => {
  t.deepEqual(decide(hourly, 1000, 1600.1), { kind: 'correct', lastBuild: 1000 });
  t.deepEqual(decide(hourly, 1000, 1600), { kind: 'wait', until: 5200 });
});

test('a time that never comes is waited for without an end', (t) => {
  t.deepEqual(decide(never, 1000, null), { kind: 'wait', until: null });
});
