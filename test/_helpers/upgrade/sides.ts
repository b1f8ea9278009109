/* A master that one of the two sides of an upgrade is: of Buildbot's kind or of bbctl's. */
import type { ExecutionContext } from 'ava';
import { join } from 'node:path';
import { processOf } from '../../../src/lib/control/master-process.js';
import { until, type Choices, type Site } from '../buildbot.js';
import { startMasterProcess } from '../master-process.js';
import { closedPort } from '../network.js';
import { isRunning } from '../processes.js';

export type Key = 'blue' | 'green';
export type Kind = 'buildbot' | 'bbctl';

export interface Side {
  readonly kind: Kind;
  readonly key: Key;
  /** As in the `masters` table. */
  readonly name: string;
  /** Of `cluster.yaml`. */
  readonly section: Readonly<Record<string, unknown>>;
  readonly pidFile: string;
  /** Where workers connect; 0: nowhere. */
  readonly workerPort: number;
  /** Where the REST API is; throws where it never ran. */
  url(): string;
  start(): Promise<void>;
  /** However it was started. */
  kill9(): Promise<void>;
}

type Sided = Omit<Side, 'kill9'>;

export interface Ground {
  readonly t: ExecutionContext;
  readonly site: Site;
  /** The `cluster.yaml`. */
  readonly file: string;
  /** Of every Buildbot master. */
  readonly choices: Choices;
}

export async function sideOf(ground: Ground, key: Key, kind: Kind): Promise<Side> {
  const side = kind === 'buildbot' ? await buildbotSide(ground, key) : await ownSide(ground, key);
  const kill9 = async (): Promise<void> => {
    const pid = pidOf(side, ground.file);
    if (pid === null) return;
    process.kill(pid, 'SIGKILL');
    await until(`${key} is gone`, () => !isRunning(pid));
  };
  // What its control has started is no child of ours.
  ground.t.teardown(kill9);
  return { ...side, kill9 };
}

/** `null`: it does not run. */
function pidOf({ pidFile, kind, key }: Sided, file: string): number | null {
  try {
    return processOf(pidFile, { kind, key, file }).pid;
  } catch {
    return null;
  }
}

async function buildbotSide({ site, choices }: Ground, key: Key): Promise<Sided> {
  const [workerPort, webPort] = [await closedPort(), await closedPort()];
  const claimsAfter = join(site.home, key === 'blue' ? 'green' : 'blue', 'twistd.pid');
  const master = await site.addMaster(key, { claimsAfter, ...choices, workerPort, webPort });
  const pidFile = join(master.dir, 'twistd.pid');
  const start = { exec: ['env', '-i', ...inWords(site.environment), 'buildbot', 'start', master.dir] };
  const wake = { http: `http://127.0.0.1:${webPort}/` };
  const control = { start, wake, ...byPidFile(pidFile, { drain: 'USR1', stop: 'TERM', kill: 'KILL' }) };
  return {
    kind: 'buildbot',
    key,
    name: master.name,
    section: { kind: 'buildbot', name: master.name, control },
    pidFile,
    workerPort,
    url: () => master.url(),
    start: () => master.start(),
  };
}

async function ownSide({ t, site, file }: Ground, key: Key): Promise<Sided> {
  const [port, pidFile] = [await closedPort(), join(site.home, `${key}.pid`)];
  const bin = join(process.cwd(), 'bin', 'run.js');
  const words = [process.execPath, bin, 'master', 'run', '--config', file, '--name', key, '--pid-file', pidFile];
  const start = { exec: ['sh', '-c', 'setsid "$@" </dev/null >"$0" 2>&1 &', join(site.home, `${key}.log`), ...words] };
  const control = { start, ...byPidFile(pidFile, { kill: 'KILL' }) };
  return {
    kind: 'bbctl',
    key,
    name: key,
    section: { name: key, listen: `127.0.0.1:${port}`, control },
    pidFile,
    workerPort: 0,
    url: () => `http://127.0.0.1:${port}/`,
    async start() {
      const master = startMasterProcess(t, { file, key, home: site.home, more: ['--pid-file', pidFile] });
      await master.logged('listening');
    },
  };
}

function byPidFile(pidFile: string, signals: Readonly<Record<string, string>>): Record<string, object> {
  return Object.fromEntries(Object.entries(signals).map(([verb, signal]) => [verb, { signal, pidFile }]));
}

function inWords(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).map(([name, value]) => `${name}=${value}`);
}
