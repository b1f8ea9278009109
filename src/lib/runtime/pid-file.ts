import { readFileSync, rmSync } from 'node:fs';
import { processOf } from '../control/master-process.js';
import { Failure } from '../errors.js';
import { printable } from '../model/names.js';
import { replaceFile } from '../output-file.js';

/** Whose pid file it is. */
export interface PidFileOwner {
  /** In the `cluster.yaml`. */
  readonly key: string;
  /** That file, absolute. */
  readonly file: string;
}

/**
 * Writes which process the master is, for whoever sends it signals; the file goes when this process ends. Throws a
 * `Failure` where it is the file of one that runs: that one goes on to need it.
 */
export function keepPidFile(pidFile: string, owner: PidFileOwner): void {
  const running = runningIn(pidFile, owner);
  if (running !== null && running !== process.pid) throw isRunning(pidFile, running);
  replaceFile(pidFile, `${process.pid}\n`);
  process.once('exit', () => {
    if (writtenIn(pidFile) === String(process.pid)) rmSync(pidFile, { force: true });
  });
}

function isRunning(pidFile: string, pid: number): Failure {
  return new Failure('refused', `${printable(pidFile)} is of process ${pid}, which runs this very master.`, {
    try: 'Stop that one, or name another file.',
  });
}

/** `null`: what the file names is gone, or something else. */
function runningIn(pidFile: string, owner: PidFileOwner): number | null {
  try {
    return processOf(pidFile, { kind: 'bbctl', ...owner }).pid;
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

function writtenIn(pidFile: string): string | null {
  try {
    return readFileSync(pidFile, 'utf8').trim();
  } catch {
    return null;
  }
}
