import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

export interface TerminalOptions {
  db?: string;
  columns?: number;
  rows?: number;
  env?: Record<string, string>;
  /** Typed as soon as the pattern has been printed. */
  answers?: [pattern: RegExp, text: string][];
}

export interface Terminal {
  /** All that was printed so far. */
  output(): string;
  type(text: string): void;
  resize(columns: number, rows: number): void;
  /** Resolves when what `part` takes of the output matches; by default all of it. */
  waitFor(pattern: RegExp, part?: (output: string) => string): Promise<void>;
  finished: Promise<{ output: string; status: number }>;
}

/** A program of Python's standard library that gives a command a terminal of its own and copies what is printed. */
const program = `
import fcntl, os, pty, struct, sys, termios
def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
columns, rows, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
pid, fd = pty.fork()
if pid == 0:
    # Before the program starts: set from outside, it might look before that.
    resize(0, columns, rows)
    os.execvp(command[0], command)
import select
inputs = [fd, 0, 3]
while True:
    ready, _, _ = select.select(inputs, [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if data: os.write(fd, data)
        else: inputs.remove(0)
    if 3 in ready:
        data = os.read(3, 65536)
        if data: resize(fd, *map(int, data.split()[-2:]))
        else: inputs.remove(3)
    if fd in ready:
        try: data = os.read(fd, 65536)
        except OSError: break
        if not data: break
        os.write(1, data)
_, status = os.waitpid(pid, 0)
status = os.waitstatus_to_exitcode(status)
sys.exit(status if status >= 0 else 128 - status)
`;

/** A shell waits for the next line for ever. */
const WAIT_MS = 60_000;

const running = new Set<ChildProcess>();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** Starts bbctl on a terminal, for a test that looks at it while it runs. */
export function startInTerminal(args: readonly string[], options: TerminalOptions = {}): Terminal {
  return startOnTerminal([process.execPath, join(process.cwd(), 'bin', 'run.js'), ...args], options);
}

/** The same with any command. */
export function startOnTerminal(
  command: readonly string[],
  { db, columns = 80, rows = 50, env = {}, answers = [] }: TerminalOptions = {},
): Terminal {
  const home = mkdtempSync(join(tmpdir(), 'bbctl-home-'));
  const child = spawn('python3', ['-c', program, String(columns), String(rows), ...command], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TERM: 'xterm', HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, ...(db ? { BBCTL_DB: db } : {}), ...env }, // prettier-ignore
    stdio: ['pipe', 'pipe', 'inherit', 'pipe'],
  });
  running.add(child);
  const sizes = child.stdio[3] as Writable;
  let output = '';
  const open = [...answers];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (open[0]?.[0].test(output)) child.stdin?.write(open.shift()?.[1] ?? '');
  });
  const finished = once(child, 'close').then(([status]) => {
    running.delete(child);
    rmSync(home, { recursive: true, force: true });
    return { output, status: status as number };
  });
  return {
    output: () => output,
    type: (text) => void child.stdin?.write(text),
    resize: (width, height) => void sizes.write(`${width} ${height}\n`),
    waitFor: (pattern, part = String) => matched(child, () => part(output), pattern),
    finished,
  };
}

/** Runs bbctl on a terminal to its end, as a person does. */
export function inTerminal(
  args: readonly string[],
  options: TerminalOptions = {},
): Promise<{ output: string; status: number }> {
  return startInTerminal(args, options).finished;
}

/** Ends the program where it waits in vain: it would wait for ever, and so would the test's process for it. */
function matched(child: ChildProcess, text: () => string, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (pattern.test(text())) end(resolve);
    };
    const fail = (why: string): void => end(() => reject(new Error(`${why} ${pattern.source} was seen.\n${text()}`)));
    const gone = (): void => fail('it ended before');
    const late = (): void => {
      fail(`${WAIT_MS / 1000} s went by before`);
      child.kill('SIGKILL');
    };
    const timer = setTimeout(late, WAIT_MS);
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      child.stdout?.off('data', look);
      child.off('close', gone);
      settle();
    };
    child.stdout?.on('data', look);
    child.on('close', gone);
    look();
  });
}

/** What a person sees, without what steers the terminal. */
export function plainText(output: string): string {
  return output.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');
}

/** What was drawn last, where a program draws its screen anew from its upper left corner. */
export function lastScreen(output: string): string {
  return plainText(output.slice(output.lastIndexOf('\u001b[H')));
}
