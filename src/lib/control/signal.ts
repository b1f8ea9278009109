import { constants } from 'node:os';
import { Failure } from '../errors.js';
import { printable } from '../model/names.js';
import { processOf } from './master-process.js';
import type { ExpectedMaster } from './master-process.js';

/**
 * Sends a signal (`HUP` or `SIGHUP`) to the master whose pid file this is. Throws a `Failure` where that cannot be done, or
 * the process is not the master.
 */
export function signalMaster(pidFile: string, signal: string, expected: ExpectedMaster): void {
  const { pid } = processOf(pidFile, expected);
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
