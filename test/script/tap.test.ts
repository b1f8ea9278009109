import test from 'ava';
import { TapReader } from '../../script/tap.js';

const COMPLETE = ['TAP version 13', 'ok 1 - one › adds', 'ok 2 - one › later # SKIP', '', '1..2', '# tests 2'];

function read(lines: string[], status: number) {
  const reader = new TapReader();
  const shown = lines.map((line) => reader.read(line)).filter((line) => line !== undefined);
  return { shown, ...reader.finish(status) };
}

test('counts what passed and what was skipped', (t) => {
  const { shown, tally, failures } = read([...COMPLETE, '# pass 1', '# skip 1', '# fail 0'], 0);
  t.deepEqual(tally, { passed: 1, failed: 0, skipped: 1 });
  t.deepEqual(failures, []);
  t.deepEqual(shown, ['✔ one › adds', '- one › later (skipped)']);
});

test('shows a failure in full', (t) => {
  const lines = ['not ok 1 - one › adds', '  ---', '    message: no', '  ...', '', '1..1', '# fail 1'];
  const { shown, tally, failures } = read(lines, 1);
  t.deepEqual(tally, { passed: 0, failed: 1, skipped: 0 });
  t.deepEqual(failures, ['one › adds']);
  t.deepEqual(shown, ['✖ one › adds', '  ---', '    message: no', '  ...']);
});

test('a test to do is a skipped one, though TAP calls it failed', (t) => {
  const { tally } = read(['ok 1 - a', 'not ok 2 - b # TODO', '1..2', '# pass 1', '# fail 1'], 0);
  t.deepEqual(tally, { passed: 1, failed: 0, skipped: 1 });
});

test('tests that never got to run are failed ones', (t) => {
  const { tally, failures } = read(['ok 1 - a', '1..3', '# pass 1', '# fail 2'], 1);
  t.deepEqual(tally, { passed: 1, failed: 2, skipped: 0 });
  t.deepEqual(failures, ['2 more that did not get to run']);
});

test('a crash, a run without tests and a bad status are failures', (t) => {
  t.is(read(['TAP version 13', 'ok 1 - a'], 1).tally.failed, 1);
  t.is(read([], 0).tally.failed, 1);
  t.is(read(['1..0', '# tests 0', '# pass 0', '# fail 0'], 0).tally.failed, 1);
  t.is(read([...COMPLETE, '# pass 1', '# fail 0'], 3).tally.failed, 1);
});
