import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

/** Debian's packages use /usr/bin/python3; another python first on the PATH breaks them. */
export function cleanEnvironment(home: string, extra: Record<string, string> = {}): Record<string, string> {
  return { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: home, LANG: 'C.UTF-8', ...extra };
}

export interface LaunchOptions extends SpawnOptions {
  /** Who runs it; only root can choose. */
  user?: string;
}

/** A test process that dies, however it dies, takes what it started with it. */
export function launch(command: string, args: string[], { user, ...options }: LaunchOptions): ChildProcess {
  const identity = user === undefined ? [] : ['--reuid', user, '--regid', user, '--init-groups'];
  return spawn('setpriv', [...identity, '--pdeathsig', 'KILL', command, ...args], options);
}

export async function run(command: string, args: string[], options: LaunchOptions): Promise<string> {
  const child = launch(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (output += data.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${String(status)}:\n${output}`);
  return output;
}

export function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

export async function exited(child: ChildProcess): Promise<void> {
  if (isRunning(child)) await once(child, 'exit');
}
