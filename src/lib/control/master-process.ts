import { readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../errors.js';
import type { MasterKind } from '../model/inventory.js';
import { printable } from '../model/names.js';
import { statOf } from '../process-identity.js';

/** What the process of a pid file should be. */
export interface ExpectedMaster {
  readonly kind: MasterKind;
  /** In its `cluster.yaml`. */
  readonly key: string;
  /** That file, absolute. */
  readonly file: string;
}

/** One process, and no other that gets its number later. */
export interface MasterProcess {
  readonly pid: number;
  /** Ticks since the machine was started. */
  readonly startedAt: number;
}

/** Linux counts in hundredths of a second for every program, whatever the kernel's own clock does. */
const ticksPerSecond = 100;

/** A master writes its pid file after its start; the clock may have been set by a little meanwhile. */
const mostClockStepMs = 5000;

/**
 * The master whose pid file this is. The file outlives its process, and the number may be another's by now: throws a
 * `Failure` unless the process is a master that runs in the right folder and was there when the file was written.
 */
export function processOf(pidFile: string, expected: ExpectedMaster): MasterProcess {
  const { pid, writtenAtMs } = readPidFile(pidFile);
  const words = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0'));
  const startedAt = startOf(pid);
  if (words === null || startedAt === null) throw new Failure('notFound', `Process ${pid} of ${printable(pidFile)} is not there, or cannot be looked at`); // prettier-ignore
  const why = strangeness({ pid, words }, pidFile, expected);
  if (why !== null) throw notTheMaster(pid, pidFile, why);
  if (epochMsOf(startedAt) > writtenAtMs + mostClockStepMs) throw notTheMaster(pid, pidFile, 'it was started after the file was written'); // prettier-ignore
  return { pid, startedAt };
}

/** Is it still this very process? */
export function isThere({ pid, startedAt }: MasterProcess): boolean {
  return startOf(pid) === startedAt;
}

function notTheMaster(pid: number, pidFile: string, why: string): Failure {
  return new Failure('refused', `Process ${pid} of ${printable(pidFile)} is not the master: ${why}`);
}

function readPidFile(pidFile: string): { pid: number; writtenAtMs: number } {
  const read = attempt(() => ({ text: readFileSync(pidFile, 'utf8').trim(), writtenAtMs: statSync(pidFile).mtimeMs }));
  if (read === null) throw new Failure('notFound', `${printable(pidFile)} cannot be read: the master does not run, or on another machine`); // prettier-ignore
  const pid = /^\d+$/.test(read.text) ? Number(read.text) : 0;
  // 0 would be this process's own group, 1 is not a master.
  if (pid > 1) return { pid, writtenAtMs: read.writtenAtMs };
  throw new Failure('refused', `${printable(pidFile)} holds no process id`);
}

interface Running {
  readonly pid: number;
  readonly words: readonly string[];
}

/** Why it cannot be the master; `null`: it is. */
function strangeness(running: Running, pidFile: string, expected: ExpectedMaster): string | null {
  const runsIn = attempt(() => readlinkSync(`/proc/${running.pid}/cwd`));
  const folder = attempt(() => realpathSync(path.dirname(pidFile)));
  const isInFolder = runsIn !== null && runsIn === folder;
  if (expected.kind === 'bbctl') return isOwn(running.words, expected, runsIn) ? null : `it is no "bbctl master run" of ${printable(expected.key)}`; // prettier-ignore
  const isBuildbot = running.words.some((word) => /buildbot|twistd/.test(word));
  return isBuildbot && isInFolder ? null : 'it is no Buildbot, or runs in another folder';
}

/** `bbctl master run`, with this file, under this name (which may be left out where there is but one). */
function isOwn(words: readonly string[], { key, file }: ExpectedMaster, runsIn: string | null): boolean {
  const at = words.findIndex((word, index) => word === 'master' && words[index + 1] === 'run');
  if (at === -1 || runsIn === null) return false;
  const name = optionOf(words, '--name') ?? key;
  const config = path.resolve(runsIn, optionOf(words, '--config') ?? file);
  return name === key && attempt(() => realpathSync(config)) === attempt(() => realpathSync(file));
}

function optionOf(words: readonly string[], option: string): string | undefined {
  const joined = words.find((word) => word.startsWith(`${option}=`));
  return joined?.slice(option.length + 1) ?? (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
}

/** `null`: there is no such process. */
function startOf(pid: number): number | null {
  const stat = statOf(pid);
  return stat && Number(stat.began);
}

function epochMsOf(ticks: number): number {
  const uptime = attempt(() => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])) ?? 0;
  return Date.now() - (uptime - ticks / ticksPerSecond) * 1000;
}

function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
