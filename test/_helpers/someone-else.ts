import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Root may write everywhere; another user may not. */
export const someoneElse =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];

export function asSomeoneElse(args: string[], db: string): { status: number | null; stdout: string; stderr: string } {
  const home = mkdtempSync(join(tmpdir(), 'bbctl-home-'));
  chmodSync(home, 0o777);
  const [command = '', ...rest] = [...someoneElse, process.execPath, join(process.cwd(), 'bin', 'run.js'), ...args];
  const environment = { PATH: process.env.PATH, HOME: home, XDG_STATE_HOME: join(home, 'state'), BBCTL_DB: db };
  const result = spawnSync(command, rest, { cwd: '/', env: environment, encoding: 'utf8' });
  rmSync(home, { recursive: true, force: true });
  return result;
}
