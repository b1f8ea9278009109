import { spawnSync } from 'node:child_process';

/** Kills a process and all that it has started, also what has left its process group. */
export function killTree(root: number): void {
  if (root > 0) for (const pid of [root, ...descendants(root)]) kill(pid, 'SIGKILL');
}

export function killGroup(leader: number, signal: NodeJS.Signals): void {
  if (leader > 0) kill(-leader, signal);
}

/** The beginning of its command line; undefined where it has ended, though nobody may have taken note of that. */
export function commandOf(pid: number): string | undefined {
  const { stdout, error } = spawnSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' });
  const command = error ? `process ${pid}` : stdout.trim();
  return command === '' || command.endsWith('<defunct>') ? undefined : command.replace(/\s+/g, ' ').slice(0, 100);
}

function kill(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch {
    // it is gone already
  }
}

function descendants(root: number): number[] {
  const pairs = processes()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number) as [pid: number, parent: number]);
  const below = (parent: number): number[] =>
    pairs.filter(([, of]) => of === parent).flatMap(([pid]) => [pid, ...below(pid)]);
  return below(root);
}

/** None where there is no `ps`: then the end of the group has to do. */
function processes(): string {
  const { stdout, error } = spawnSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  return error ? '' : stdout;
}
