// The scripts of "bbctl completion", in the shells that they are for.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { bbctl } from '../_helpers/cli.js';
import { isSkipped } from '../_helpers/skip.js';
import { plainText, startOnTerminal, type Terminal } from '../_helpers/terminal.js';

const run = promisify(execFile);

interface Shell {
  folder: string;
  env: Record<string, string>;
  script: string;
}

/** A folder with bbctl on the PATH, the script, and two contexts, one with a name that no shell may obey. */
async function shellFolder(t: ExecutionContext, shell: string): Promise<Shell> {
  const folder = mkdtempSync(join(tmpdir(), 'bbctl-shell-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'bin'));
  symlinkSync(join(process.cwd(), 'bin', 'run.js'), join(folder, 'bin', 'bbctl'));
  writeFileSync(join(folder, 'metrics.prom'), '');
  const { status, stdout } = await bbctl(['completion', shell]);
  t.is(status, 0);
  const script = join(folder, `completion.${shell}`);
  writeFileSync(script, stdout);
  const env = {
    PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}`,
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    LANG: 'C.UTF-8',
  };
  for (const name of ['production', 'sta$(touch obeyed)ging']) {
    await run('bbctl', ['contexts', 'add', name, '--db', 'sqlite:////a.sqlite'], { env });
  }
  return { folder, env, script };
}

/** What bash would offer after these words, as it splits them. */
async function offeredByBash({ env, script, folder }: Shell, words: readonly string[]): Promise<string[]> {
  const program = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bbctl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await run('bash', ['--norc', '-c', program, 'bash', script, 'bbctl', ...words], { env, cwd: folder }); // prettier-ignore
  return stdout.split('\n').filter(Boolean);
}

test('bash completes commands, flags and values', async (t) => {
  const shell = await shellFolder(t, 'bash');
  const offered = (...words: string[]): Promise<string[]> => offeredByBash(shell, words);
  t.true((await offered('')).includes('status'));
  t.deepEqual(await offered('mas'), ['master', 'masters']);
  t.deepEqual(await offered('masters', ''), ['drain', 'expire', 'forget', 'show', 'stop']);
  t.deepEqual(await offered('masters', 'e'), ['expire']);
  t.deepEqual(await offered('masters', 'expire', '--dr'), ['--dry-run']);
  t.deepEqual(await offered('masters', '--json', ''), []);
  t.deepEqual(await offered('health', '--format', 'n'), ['nagios']);
  t.deepEqual(await offered('health', '--format', '=', ''), ['text', 'nagios', 'prometheus', 'json']);
  t.deepEqual(await offered('health', '--format', '='), ['text', 'nagios', 'prometheus', 'json']);
  t.deepEqual(await offered('health', '--format', '=', 'p'), ['prometheus']);
  t.deepEqual(await offered('health', '--format=p'), ['--format=prometheus']);
  t.deepEqual(await offered('doctor', '--only', 'clock'), ['clock-skew']);
  t.deepEqual(await offered('doctor', '--warning', 'clock'), ['clock-skew=']);
  t.deepEqual(await offered('doctor', '--warning', 'master'), []);
  t.deepEqual(await offered('status', '--wa'), ['--watch']);
  t.deepEqual(await offered('status', '--watch', '=', ''), []);
  t.deepEqual(await offered('status', '--db', ''), []);
  t.deepEqual(await offered('completion', ''), ['bash', 'zsh', 'fish']);
  t.deepEqual(await offered('--v'), ['--version']);
});

test('bash completes names of contexts, and obeys none of them', async (t) => {
  const shell = await shellFolder(t, 'bash');
  for (const words of [
    ['status', '--context', ''],
    ['contexts', 'use', ''],
    ['masters', '--context', '=', ''],
  ]) {
    t.deepEqual(await offeredByBash(shell, words), ['production', 'sta\\$\\(touch\\ obeyed\\)ging']);
  }
  await t.throwsAsync(run('test', ['-e', join(shell.folder, 'obeyed')]));
});

test('bash completes on a terminal, files too', async (t) => {
  const shell = await shellFolder(t, 'bash');
  const terminal = startOnTerminal(['bash', '--norc', '--noprofile', '-i'], { env: shell.env });
  terminal.type(`cd '${shell.folder}'; bind 'set bell-style none'; source '${shell.script}'; PS1='rea''dy> '\n`);
  await terminal.waitFor(/ready> /);
  await completesLines(terminal);
  terminal.type('\u0015exit 0\n');
  t.is((await terminal.finished).status, 0);
});

/** Types beginnings of words and the tab, then puts "echo" before the line: what it prints is the line as completed. */
async function completesLines(terminal: Terminal): Promise<void> {
  const lines: [typed: string, whole: string][] = [
    ['bbctl req\tcan\t--dry\t', 'bbctl requests cancel --dry-run'],
    ['bbctl health --format=prom\t--output metr\t', 'bbctl health --format=prometheus --output metrics.prom'],
    ['bbctl doctor --critical queue\t5', 'bbctl doctor --critical queue-long=5'],
    ['bbctl status --watch=3 --context prod\t', 'bbctl status --watch=3 --context production'],
    ['bbctl contexts use st\t', 'bbctl contexts use sta$(touch obeyed)ging'],
  ];
  for (const [typed, whole] of lines) {
    terminal.type(`\u0015${typed}\u0001echo \n`);
    await terminal.waitFor(new RegExp(`\\n${whole.replace(/[$().]/g, '\\$&')} *\\n`), plainText);
  }
}

if (!isSkipped('shells')) {
  test('zsh completes on a terminal', async (t) => {
    const shell = await shellFolder(t, 'zsh');
    const terminal = startOnTerminal(['zsh', '-f', '-i'], { env: shell.env, columns: 200 });
    terminal.type(
      `cd '${shell.folder}'; bindkey -e; autoload -U compinit; compinit -D -u; source '${shell.script}'; PS1='rea''dy> '\n`,
    );
    await terminal.waitFor(/ready> /);
    await completesLines(terminal);
    terminal.type('\u0015bbctl masters \t');
    await terminal.waitFor(/expire +-- Clean up after dead masters/, plainText);
    terminal.type('\u0015exit 0\n');
    t.is((await terminal.finished).status, 0);
  });

  test('fish completes commands, flags and values', async (t) => {
    const { env, script, folder } = await shellFolder(t, 'fish');
    const offered = async (line: string): Promise<string[]> => {
      const program = 'source $argv[1]; complete -C $argv[2]';
      const { stdout } = await run('fish', ['--no-config', '-c', program, script, line], { env, cwd: folder });
      return stdout.split('\n').filter(Boolean).map((one) => one.split('\t')[0] ?? ''); // prettier-ignore
    };
    t.true((await offered('bbctl ')).includes('status'));
    t.deepEqual(await offered('bbctl mas'), ['master', 'masters']);
    t.deepEqual(await offered('bbctl masters '), ['drain', 'expire', 'forget', 'show', 'stop']);
    t.deepEqual(await offered('bbctl masters expire --dr'), ['--dry-run']);
    t.deepEqual(await offered('bbctl masters --json '), []);
    t.deepEqual((await offered('bbctl health --format ')).sort(), ['json', 'nagios', 'prometheus', 'text']);
    t.deepEqual(await offered('bbctl health --format=n'), ['--format=nagios']);
    t.deepEqual(await offered('bbctl health --output metr'), ['metrics.prom']);
    t.deepEqual(await offered('bbctl doctor --only clock'), ['clock-skew']);
    t.deepEqual(await offered('bbctl doctor --warning clock'), ['clock-skew=']);
    t.deepEqual(await offered('bbctl status --wa'), ['--watch']);
    t.deepEqual(await offered('bbctl status --db '), []);
    t.deepEqual(await offered('bbctl completion '), ['bash', 'fish', 'zsh']);
    t.deepEqual(await offered('bbctl contexts use prod'), ['production']);
  });
}

test('another shell is a usage error', async (t) => {
  const { status, stdout, stderr } = await bbctl(['completion', 'ksh']);
  t.is(status, 2);
  t.is(stdout, '');
  t.regex(stderr, /one of: bash, zsh, fish/);
});
