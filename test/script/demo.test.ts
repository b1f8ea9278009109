import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';

const envIn = (home: string) => ({ PATH: process.env.PATH, HOME: home, TMPDIR: home, BBCTL_DEMO_BUILT: '1' });

/** Its parts by the command that each begins with. */
async function runDemo(): Promise<{ output: string; parts: [command: string, output: string][]; left: string[] }> {
  const home = mkdtempSync(join(tmpdir(), 'bbctl-demo-test-'));
  try {
    const { stdout } = await promisify(execFile)('script/demo', { env: envIn(home) });
    const parts = stdout.split(/^\$ /m).slice(1);
    return {
      output: stdout,
      parts: parts.map((part): [string, string] => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n'))]),
      left: [...readdirSync(home), ...processesIn(home)],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** Ids of the processes that run in the folder, or in one that was there. */
function processesIn(home: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`).startsWith(home);
    } catch {
      return false;
    }
  });
}

const demo = runDemo();

test('script/demo shows the crash, the plan, the repair, and that all is taken back', async (t) => {
  const { parts, left } = await demo;
  t.deepEqual(
    parts.slice(0, 7).map(([command]) => command),
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

test('script/demo shows how a master takes over from a killed one, and from one that is stopped', async (t) => {
  const { output, parts } = await demo;
  const holders = parts
    .filter(([command]) => command === 'bbctl services')
    .map(([, text]) => /ticker +held +yes +(\S+)/.exec(text)?.[1]);
  const [blue, green] = ['ci1:/srv/bb/blue', 'ci1:/srv/bb/green'];
  t.deepEqual(holders, [blue, green, blue]);
  t.regex(output, /^# \d+\.\d seconds after the kill green has declared it dead/m);
  t.regex(output, /ci1:\/srv\/bb\/green has stopped, and nothing is left of it/);
});

test('script/demo shows that what a killed master was building is built again', async (t) => {
  const { output } = await demo;
  const builds = [...output.matchAll(/build started builder=tests number=(\d+) request=(\d+)/g)].map(([, number, request]) => [Number(number), Number(request)]); // prettier-ignore
  t.deepEqual(builds.slice(0, 3), [[1, 1], [2, 2], [3, 2]]); // prettier-ignore
  t.regex(output, /\{"number":2,"masterid":1,"results":5,.*\{"number":3,"masterid":2,"results":0,/);
  t.regex(output, /^all is well$/m);
});

test('script/demo leaves nothing behind when it is interrupted', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'bbctl-demo-test-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const child = spawn('script/demo', { env: envIn(home), detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  for await (const text of child.stdout.setEncoding('utf8')) {
    if (!String(text).includes('--name green')) continue;
    t.true(processesIn(home).length > 0);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    break;
  }
  t.deepEqual(await exited, [130, null]);
  t.deepEqual([...readdirSync(home), ...processesIn(home)], []);
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
