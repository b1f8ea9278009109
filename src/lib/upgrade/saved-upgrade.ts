/*
 * What is kept of an upgrade beside the journal, one small file for each database: what was there at the beginning, what
 * was asked of whom, what was seen. It is a record, no program: going on means to look at the cluster, and to do what is
 * still to be done.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { OnDeadline } from '../drain/events.js';
import { Failure } from '../errors.js';
import { makeDirectory } from '../journal.js';
import type { Ending } from '../model/drain.js';
import type { HandedService } from '../model/handover.js';
import type { MasterKind } from '../model/inventory.js';
import { replaceFile } from '../output-file.js';

/** Times are epoch seconds of the database's clock, but for `savedAt`. */
export interface SavedUpgrade {
  readonly format: 1;
  readonly database: string;
  readonly by: Operator;
  readonly startedAt: number;
  /** ISO, by the clock of this machine. */
  readonly savedAt: string;
  readonly oneByOne: boolean;
  readonly deadlineMs: number | null;
  readonly onDeadline: OnDeadline;
  /** Of the schema. */
  readonly revision: string;
  readonly old: readonly SavedOld[];
  readonly start: readonly SavedNew[];
  /** What the old masters held at the beginning. */
  readonly services: readonly HandedService[];
  readonly builders: readonly string[];
  readonly workers: readonly string[];
  /** Builds of old masters from this `builds.id` on are its. */
  readonly firstBuild: number;
  /** By the name of the builder: seconds in which new requests had no worker. */
  readonly withoutWorker: Readonly<Record<string, number>>;
  /** `null`: it is not finished. */
  readonly finished: 'done' | 'aborted' | null;
}

/** Who runs it, or ran it last. */
export interface Operator {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
}

export interface SavedOld {
  readonly id: number;
  readonly name: string;
  readonly key: string;
  readonly kind: MasterKind;
  readonly askedAt: number | null;
  readonly endedAt: number | null;
  readonly ending: Ending | null;
  readonly killed: boolean;
  /** By an abort. */
  readonly broughtBack: 'taken back' | 'started again' | null;
  readonly error: string | null;
}

export interface SavedNew {
  readonly name: string;
  readonly key: string;
  readonly kind: MasterKind;
  /** It ran before the upgrade began. */
  readonly wasThere: boolean;
  /** When its `control.start` was run. */
  readonly startedAt: number | null;
  readonly arrivedAt: number | null;
  /** By an abort. */
  readonly drainedAt: number | null;
  readonly error: string | null;
}

export function upgradeFile(journalDirectory: string, label: string): string {
  const name = createHash('sha256').update(label).digest('hex').slice(0, 16);
  return path.join(journalDirectory, `upgrade-${name}.json`);
}

/** `null`: there is none. Throws a `Failure` for a file that is there and cannot be read as one. */
export function readSavedUpgrade(file: string): SavedUpgrade | null {
  const text = readIfThere(file);
  if (text === null) return null;
  const saved = parsed(text);
  if (saved !== null) return saved;
  throw new Failure('refused', `${file} should tell of an upgrade, and cannot be read.`, {
    try: 'Look at it; if no upgrade is under way ("bbctl status"), remove it.',
  });
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Failure('unreachable', `${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
}

function parsed(text: string): SavedUpgrade | null {
  try {
    const value = JSON.parse(text) as Partial<SavedUpgrade> | null;
    const isUpgrade = value?.format === 1 && Array.isArray(value.old) && Array.isArray(value.start) && Array.isArray(value.services); // prettier-ignore
    return isUpgrade ? (value as SavedUpgrade) : null;
  } catch {
    return null;
  }
}

/** Throws a `Failure` where it cannot be written. */
export function keepUpgrade(file: string, saved: SavedUpgrade): void {
  makeDirectory(path.dirname(file));
  replaceFile(file, `${JSON.stringify(saved, null, 1)}\n`);
}
