// What is seen of an upgrade: in a pipe, as documents, and on terminals of several widths.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { screenOf, type Screen } from '../../_helpers/screen-of.js';
import { startOnTerminal } from '../../_helpers/terminal.js';
import { nasty, smooth } from '../../_helpers/upgrade-script.js';

const command = [process.execPath, path.join(process.cwd(), 'build', 'test', '_helpers', 'show-upgrade.js')];

async function piped(name: string, env: Record<string, string> = {}): Promise<string[]> {
  const { stdout } = await promisify(execFile)(command[0]!, [command[1]!, name], { env: { PATH: process.env['PATH'], ...env } }); // prettier-ignore
  return stdout.split('\n');
}

async function screen(name: string, columns: number, env: Record<string, string> = {}): Promise<Screen & { output: string }> {
  const { output } = await startOnTerminal([...command, name], { columns, env }).finished;
  return { ...screenOf(output, columns), output };
} // prettier-ignore

/** Lines that are told anew in place would be there many times. */
const timesOf = (lines: readonly string[], text: string): number => lines.filter((line) => line.includes(text)).length;

test('in a pipe there is a line for each thing that happened, and none twice', async (t) => {
  const lines = await piped('smooth');
  const shown = lines.slice(3, lines.findIndex((line) => line.includes('MASTER')));
  t.deepEqual(shown.map((line) => line.slice(0, 60)), [
    'Start host2:/srv/bb/green:',
    'host2:/srv/bb/green was started by its command; the database',
    'host2:/srv/bb/green is waited for: its row.',
    'host2:/srv/bb/green is waited for: its second heartbeat.',
    'host2:/srv/bb/green is there after 12s, with 14 builders.',
    'Drain host1:/srv/bb/blue:',
    'host1:/srv/bb/blue was asked to drain.',
    'host1:/srv/bb/blue (active): about 4m 50s to go; 2 builds le',
    'Lost contact: The database does not answer. Trying again.',
    'The database answers again.',
    'Warning: host1:/srv/bb/blue is late: its last heartbeat was ',
    'host1:/srv/bb/blue (active): about 3m 11s to go; 1 build lef',
    'The scheduler nightly went from host1:/srv/bb/blue to host2:',
    'host1:/srv/bb/blue has stopped, and nothing is left of it.',
    'Hand over what host1:/srv/bb/blue held:',
    'Nobody holds hourly yet.',
    'The scheduler hourly went from host1:/srv/bb/blue to host2:/',
    'Every service is held.',
    'Look in the database whether it is so:',
  ]);
  t.deepEqual(lines.slice(-3), ['Done after 5m 12s, and checked in the database.', 'the end', '']);
}); // prettier-ignore

test('as documents there is one event on each line, and all of them', async (t) => {
  const lines = (await piped('smooth', { AS_JSON: '1' })).slice(0, -2);
  t.deepEqual(lines.map((line) => JSON.parse(line) as unknown), JSON.parse(JSON.stringify(smooth))); // prettier-ignore
});

for (const columns of [40, 80, 200]) {
  test(`on a terminal of ${columns} columns each stage is drawn once, with its masters and what was told meanwhile`, async (t) => {
    const { lines, isCursorShown } = await screen('smooth', columns);
    t.true(isCursorShown);
    for (const stage of ['✔ Start ', '✔ Drain ', '✔ Hand over ', '✔ Look in ']) t.is(timesOf(lines, stage), 1, stage);
    for (const line of ['› Lost contact:', '› The database answers again.', '› Warning: host1:']) t.is(timesOf(lines, line), 1, line); // prettier-ignore
    t.is(timesOf(lines, '✔ host2:/srv/bb/green is there'), 1);
    t.is(timesOf(lines, '✔ host1:/srv/bb/blue has stopped'), 1);
    t.is(timesOf(lines, 'to go;'), 0, 'progress is drawn over');
    t.true(lines.every((line) => line.length <= columns), lines.join('\n')); // prettier-ignore
    t.is(timesOf(lines, 'the end'), 1);
    t.regex(lines.join(' ').replace(/\s+/g, ' '), /\(1 service moved, \d+s\).*nothing is left of it, after \d+s\..*Done after 5m 12s, and checked in the database\./); // prettier-ignore
  });
}

test('a new master that does not arrive is a failure with its sentence; the way on can be pasted', async (t) => {
  const { lines, output } = await screen('blocked', 80);
  const at = lines.findIndex((line) => line.startsWith('✖ Start host2:/srv/bb/green: host2:/srv/bb/green was started'));
  t.true(at >= 0, lines.join('\n'));
  t.true(lines.includes('  ✖ host2:/srv/bb/green: not arrived; Process 4711 is gone'));
  t.regex(output, /\u001b\[31mhost2:\/srv\/bb\/green: not arrived/);
  t.regex(output, /\n {2}bbctl upgrade --resume --config [^\r\n]* --deadline 2h\r\n/);
});

test('one that dies is red, and the others go on; a stage tells on when its last master has ended', async (t) => {
  const { lines, isCursorShown } = await screen('wave', 100);
  t.true(isCursorShown);
  const shown = lines.slice(
    0,
    lines.findIndex((line) => line.includes('MASTER')),
  );
  t.deepEqual(shown.map((line) => line.replace(/\d+s\b/, '0s')), [
    '✖ Wave 2 of 3: Drain host1:/srv/bb/blue, host3:/srv/bb/red (1 service moved, 0s)',
    '  › host3:/srv/bb/red was cleaned up after: journal entry 7.',
    '      Requests: somebody looks soon.',
    '  › Warning: It came late.',
    '  ✔ host1:/srv/bb/blue has stopped, and nothing is left of it, after 0s.',
    '  ✖ host3:/srv/bb/red has died: its heart is silent.',
    '… Wave 2 of 3: Hand over what host1:/srv/bb/blue, host3:/srv/bb/red held (0s)',
  ]); // prettier-ignore
});

test('nothing that has a name can steer the terminal', async (t) => {
  for (const columns of [40, 80]) {
    const { lines, isCursorShown, output } = await screen('nasty', columns);
    // Thrown by the screen would be a sequence that nobody here writes.
    t.true(isCursorShown);
    t.notRegex(output, /\u001b\[2J|\u001b\]|\u0007|\u202e/);
    t.true(timesOf(lines, 'evil') > 10);
  }
  for (const line of await piped('nasty')) t.notRegex(line, /[\u0000-\u001f\u202e]/);
  t.is((await piped('nasty', { AS_JSON: '1' })).length, nasty.length + 2);
});

test('NO_COLOR takes the colours away, TERM=dumb the drawing', async (t) => {
  const plain = await screen('blocked', 80, { NO_COLOR: '1' });
  t.notRegex(plain.output, /\u001b\[[\d;]*m/);
  t.regex(plain.output, /\u001b\[1A/);
  const dumb = await screen('smooth', 80, { TERM: 'dumb' });
  t.notRegex(dumb.output, /\u001b/);
  t.is(timesOf(dumb.lines, 'is waited for: its second heartbeat.'), 1);
});

test('Ctrl-C leaves what was seen last, and a cursor', async (t) => {
  const terminal = startOnTerminal([...command, 'smooth', '11'], { columns: 80 });
  await terminal.waitFor(/\(active\): about 4m[^]*docs #97: html/);
  const before = screenOf(terminal.output(), 80);
  t.false(before.isCursorShown);
  t.is(timesOf(before.lines, '❯ Drain host1'), 1);
  terminal.type('\u0003');
  const { output } = await terminal.finished;
  const { lines, isCursorShown } = screenOf(output, 80);
  t.true(isCursorShown);
  t.is(timesOf(lines, '… Drain host1:/srv/bb/blue'), 1, lines.join('\n'));
  t.regex(lines.join('\n'), / {2}… host1:\/srv\/bb\/blue \(active\): about 4m \d+s to go;[^✔]*tests #812: compile, [^]*\nNobody watches any more/); // prettier-ignore
});
