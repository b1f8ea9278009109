import test from 'ava';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../src/lib/model/duration.js';

test('a duration is told in its two largest units', (t) => {
  const told: [number, string][] = [
    [0, '0s'],
    [-5, '0s'],
    [0.4, '0s'],
    [59.4, '59s'],
    [59.5, '1m'],
    [90, '1m 30s'],
    [3600, '1h'],
    [3601, '1h'],
    [3661, '1h 1m'],
    [86_400, '1d'],
    [90_000, '1d 1h'],
    [86_400 * 400, '400d'],
  ];
  for (const [seconds, text] of told) t.is(formatDuration(seconds), text);
});

test('a duration is written with units, or in seconds', (t) => {
  const written: [string, number][] = [
    ['600', 600],
    ['90s', 90],
    ['10m', 600],
    ['1h30m', 5400],
    ['2d', 172_800],
  ];
  for (const [text, seconds] of written) t.is(parseDuration(text), seconds);
});

test('what is no duration is refused', (t) => {
  for (const text of ['', ' ', 'm', '-1', '1.5h', '10 m', '10x', '10m!', 'ten', '1h 30'])
    t.throws(() => parseDuration(text), { name: 'Failure', code: 'usage' }, text);
});

test('what was told can be read again, up to what was left out', (t) => {
  fc.assert(
    fc.property(fc.nat(10_000_000), (seconds) => {
      const again = parseDuration(formatDuration(seconds).replace(' ', ''));
      const smallest = seconds >= 86_400 ? 3600 : seconds >= 3600 ? 60 : 1;
      return again <= seconds && seconds - again < smallest;
    }),
  );
  t.pass();
});
