import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a command prints that is pasted into bash as bbctl has shown it; rejects where its status is not 0. */
export async function paste(command: string, db: string, home: string): Promise<string> {
  const script = `bbctl() { '${process.execPath}' '${join(process.cwd(), 'bin', 'run.js')}' "$@"; }\n${command}`;
  const env = { PATH: process.env.PATH, HOME: home, XDG_STATE_HOME: home, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', BBCTL_DB: db }; // prettier-ignore
  const { stdout } = await run('bash', ['--norc', '-c', script], { env, cwd: home });
  return stdout;
}
