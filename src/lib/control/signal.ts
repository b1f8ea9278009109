import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { Failure } from '../errors.js';
import { printable } from '../model/names.js';

/**
 * Sends a signal (`HUP` or `SIGHUP`) to the Buildbot master whose pid file this is. A pid file outlives its process, and
 * the number may be another's by now: throws a `Failure` unless the process is a Buildbot that runs in the file's folder.
 */
export function signalMaster(pidFile: string, signal: string): void {
  const pid = readPid(pidFile);
  verifyIsMaster(pid, pidFile);
  try {
    process.kill(pid, signalNamed(signal));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('refused', `Process ${pid} cannot be signalled: ${(error as Error).message}`, { cause: error });
  }
}

function signalNamed(name: string): NodeJS.Signals {
  const full = `SIG${name.toUpperCase().replace(/^SIG/, '')}`;
  if (full in constants.signals) return full as NodeJS.Signals;
  throw new Failure('usage', `There is no signal ${printable(name)}`);
}

function readPid(pidFile: string): number {
  const text = attempt(() => readFileSync(pidFile, 'utf8').trim());
  if (text === null) throw new Failure('notFound', `${printable(pidFile)} cannot be read: the master does not run, or on another machine`); // prettier-ignore
  const pid = /^\d+$/.test(text) ? Number(text) : 0;
  // 0 would be this process's own group, 1 is not a master.
  if (pid > 1) return pid;
  throw new Failure('refused', `${printable(pidFile)} holds no process id`);
}

function verifyIsMaster(pid: number, pidFile: string): void {
  const commandLine = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  if (commandLine === null) throw new Failure('notFound', `Process ${pid} of ${printable(pidFile)} is not there, or cannot be looked at`); // prettier-ignore
  const runsIn = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
  const folder = attempt(() => realpathSync(path.dirname(pidFile)));
  if (/buildbot/.test(commandLine) && runsIn !== null && runsIn === folder) return;
  throw new Failure('refused', `Process ${pid} of ${printable(pidFile)} is not the master: it is no Buildbot, or runs in another folder`); // prettier-ignore
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
