import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TerminalOptions {
  db?: string;
  columns?: number;
  env?: Record<string, string>;
  /** Typed as soon as the pattern has been printed. */
  answers?: [pattern: RegExp, text: string][];
}

/** A program of Python's standard library that gives bbctl a terminal of its own and copies what is printed. */
const program = `
import fcntl, os, pty, struct, sys, termios
columns, command = int(sys.argv[1]), sys.argv[2:]
pid, fd = pty.fork()
if pid == 0:
    # Before the program starts: set from outside, it might look before that.
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 50, columns, 0, 0))
    os.execvp(command[0], command)
import select
inputs = [fd, 0]
while True:
    ready, _, _ = select.select(inputs, [], [])
    if 0 in ready:
        data = os.read(0, 65536)
        if data: os.write(fd, data)
        else: inputs.remove(0)
    if fd in ready:
        try: data = os.read(fd, 65536)
        except OSError: break
        if not data: break
        os.write(1, data)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status))
`;

/** Runs bbctl on a terminal, as a person does. */
export async function inTerminal(
  args: readonly string[],
  { db, columns = 80, env = {}, answers = [] }: TerminalOptions = {},
): Promise<{ output: string; status: number }> {
  const home = mkdtempSync(join(tmpdir(), 'bbctl-home-'));
  const command = [process.execPath, join(process.cwd(), 'bin', 'run.js'), ...args];
  const child = spawn('python3', ['-c', program, String(columns), ...command], {
    cwd: home,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TERM: 'xterm', HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, ...(db ? { BBCTL_DB: db } : {}), ...env }, // prettier-ignore
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  const open = [...answers];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (open[0]?.[0].test(output)) child.stdin.write(open.shift()?.[1] ?? '');
  });
  const [status] = (await once(child, 'close')) as [number];
  rmSync(home, { recursive: true, force: true });
  return { output, status };
}

/** What a person sees, without what steers the terminal. */
export function plainText(output: string): string {
  return output.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');
}
