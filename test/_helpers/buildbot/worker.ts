import { join } from 'node:path';
import { cleanEnvironment, exited, launch, run } from './process.js';

export interface WorkerOptions {
  /** The directory of the test. */
  home: string;
  name: string;
  password: string;
  /** Where its master listens for workers. */
  port: number;
}

export interface WorkerProcess {
  kill9(): Promise<void>;
}

/** A real `buildbot-worker`, in the foreground. */
export async function startWorker({ home, name, password, port }: WorkerOptions): Promise<WorkerProcess> {
  const dir = join(home, `worker-${name}`);
  const env = cleanEnvironment(home);
  await run('buildbot-worker', ['create-worker', dir, `127.0.0.1:${port}`, name, password], { cwd: home, env });
  const words = ['-c', 'from twisted.scripts import twistd; twistd.run()', '--nodaemon', '--no_save', '--logfile=twistd.log', '--python=buildbot.tac']; // prettier-ignore
  const child = launch('/usr/bin/python3', words, { cwd: dir, env, stdio: 'ignore' });
  return {
    async kill9() {
      child.kill('SIGKILL');
      await exited(child);
    },
  };
}
