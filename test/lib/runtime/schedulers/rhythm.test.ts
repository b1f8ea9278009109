// Cron in a time zone, on the days when clocks are changed.
import test from 'ava';
import { rhythmOf } from '../../../../src/lib/runtime/schedulers/rhythm.js';
import { nightlyConfig } from '../../../_helpers/scheduling.js';

const at = (time: string) => Date.parse(time) / 1000;

async function following(cron: string, timezone: string, from: string, count: number): Promise<string[]> {
  const rhythm = await rhythmOf(nightlyConfig(cron, timezone));
  const times: string[] = [];
  for (let time = at(from); times.length < count;) {
    time = rhythm.after(time) ?? NaN;
    times.push(new Date(time * 1000).toISOString().slice(0, 16));
  }
  return times;
}

test('a time that is skipped in spring comes once, when the clocks have been put forward', async (t) => {
  const times = await following('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00Z', 3);
  t.deepEqual(times, ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']);
});

test('a time that comes twice in autumn comes the first time alone', async (t) => {
  const times = await following('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2);
  t.deepEqual(times, ['2026-10-25T00:30', '2026-10-26T01:30']);
});

test('every half hour is every half hour, also in the hour that comes twice', async (t) => {
  const times = await following('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:45Z', 6);
  t.deepEqual(times, ['00:00', '00:30', '01:00', '01:30', '02:00', '02:30'].map((time) => `2026-10-25T${time}`)); // prettier-ignore
});

test('the very time is not its own next one, and a part of a second does not matter', async (t) => {
  const { after } = await rhythmOf(nightlyConfig('0 3 * * *'));
  t.is(after(at('2026-03-01T03:00Z')), at('2026-03-02T03:00Z'));
  t.is(after(at('2026-03-01T03:00Z') + 0.3), at('2026-03-02T03:00Z'));
  t.is(after(at('2026-03-01T03:00Z') - 0.3), at('2026-03-01T03:00Z'));
});

test('what cluster.yaml refuses is no line of cron here either', async (t) => {
  await t.throwsAsync(rhythmOf(nightlyConfig('0 0 3 * * *')), { message: /5-part/ });
});

test('a day that no month has never comes', async (t) => {
  t.is((await rhythmOf(nightlyConfig('0 0 31 2 *'))).first(0), null);
});
