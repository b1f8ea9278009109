import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

/** Its parts by the command that each begins with. */
async function runDemo(): Promise<{ output: string; parts: [command: string, output: string][]; left: string[] }> {
  const home = mkdtempSync(join(tmpdir(), 'bbctl-demo-test-'));
  try {
    const env = { PATH: process.env.PATH, HOME: home, TMPDIR: home, BBCTL_DEMO_BUILT: '1' };
    const { stdout } = await promisify(execFile)('script/demo', { env });
    const parts = stdout.split(/^\$ /m).slice(1);
    return {
      output: stdout,
      parts: parts.map((part): [string, string] => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n'))]),
      left: readdirSync(home),
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

const demo = runDemo();

test('script/demo shows the crash, the plan, the repair, and that all is taken back', async (t) => {
  const { parts, left } = await demo;
  t.deepEqual(
    parts.map(([command]) => command),
    [
      'bbctl status',
      'bbctl masters expire --dry-run',
      'bbctl masters expire --yes --reason "kill -9 on ci1"',
      'bbctl status',
      'bbctl journal',
      'bbctl undo 1 --yes',
      'bbctl status',
    ],
  );
  const [crashed, dryRun, repair, repaired, journal, undo, restored] = parts.map(([, output]) => output);
  t.regex(crashed ?? '', /✗ Master ci1:\/srv\/buildbot\/blue is dead: silent for 10m/);
  t.regex(crashed ?? '', /1 stuck/);
  t.regex(dryRun ?? '', /Nothing was changed: this was a dry run/);
  t.regex(repair ?? '', /Done, and checked in the database/);
  t.notRegex(repaired ?? '', /✗|stuck|abandoned/);
  t.regex(repaired ?? '', /1 open request: 1 pending/);
  t.regex(journal ?? '', /1 {2}done .* kill -9 on ci1/);
  t.regex(undo ?? '', /Done, and checked in the database/);
  t.is(steady(restored ?? '').split('\n# ')[0], steady(crashed ?? '').split('\n# ')[0]);
  t.deepEqual(left, [], 'the demo leaves files behind');
});

test('what the README shows of the first five minutes is what the program says', async (t) => {
  const { output } = await demo;
  const said = new Set(steady(output).split('\n'));
  const shown = [...readFileSync('README.md', 'utf8').matchAll(/^```console\n([^`]*)^```/gm)]
    .flatMap((match) => steady(match[1] ?? '').split('\n'))
    .filter((line) => line !== '' && !/^(\$ |\? |…|sqlite:|SQLite )/.test(line));
  t.true(shown.length > 10);
  t.deepEqual(
    shown.filter((line) => !said.has(line)),
    [],
  );
});

/** Without what differs from run to run. */
function steady(text: string): string {
  return text.replace(/\d+m \d+s|\d+s ago|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|bbctl-demo\.\w+/g, '·').replace(/ +/g, ' ');
}
