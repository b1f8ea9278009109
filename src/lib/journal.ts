import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { Failure } from './errors.js';
import { isBulk } from './model/rows.js';
import type { RowSet } from './model/rows.js';
import { emptyPlan } from './operation.js';
import type { Plan, Step } from './operation.js';

/**
 * One file for each change, one JSON line for each event, synced to disk before what it tells of can happen: a crash
 * leaves an entry that is still open, with the rows as they were before the step that may or may not have been
 * written.
 */
export interface Header {
  readonly format: 1;
  readonly operation: string;
  readonly title: string;
  readonly database: string;
  readonly by: string;
  readonly reason: string | null;
  readonly startedAt: string;
  readonly undoes: number | null;
  /** The entry whose interrupted steps this change finished. */
  readonly completes: number | null;
  readonly plan: Plan<Step>;
}

type Event =
  | ({ readonly event: 'opened' } & Header)
  | { readonly event: 'step'; readonly step: number; readonly sets: readonly RowSet[] }
  | { readonly event: 'committed' | 'rolled back'; readonly step: number }
  | {
      readonly event: 'closed';
      readonly state: 'done' | 'failed';
      readonly finishedAt: string;
      readonly detail?: string;
    };

export interface JournaledStep {
  /** Index in the plan. */
  readonly step: number;
  readonly sets: readonly RowSet[];
  /** `unknown`: bbctl ended between writing and hearing that it was written. */
  readonly state: 'committed' | 'rolled back' | 'unknown';
}

export type EntryState = 'open' | 'done' | 'failed' | 'undone';

export interface Entry extends Header {
  readonly id: number;
  readonly state: EntryState;
  readonly finishedAt: string | null;
  readonly undoneBy: number | null;
  readonly completedBy: number | null;
  /** Later changes of the same masters, requests or services that still hold: they are to be undone first. */
  readonly followedBy: readonly number[];
  readonly steps: readonly JournaledStep[];
}

const filePattern = /^(\d{6,})\.jsonl$/;

export interface NewEntry {
  readonly operation: string;
  readonly plan: Plan<Step>;
  readonly database: string;
  readonly reason: string | null;
  readonly undoes: number | null;
  readonly completes: number | null;
}

/** The open file of a change that is under way. */
export class JournalWriter {
  readonly id: number;
  private readonly descriptor: number;
  private readonly directory: string;
  private keepsRows = true;

  private constructor(id: number, descriptor: number, directory: string) {
    this.id = id;
    this.descriptor = descriptor;
    this.directory = directory;
  }

  /** Takes the next number in the folder; throws a `Failure` where it cannot be written, before anything is done. */
  static open(directory: string, entry: NewEntry): JournalWriter {
    try {
      makeDirectory(directory);
      const [id, descriptor] = nextFile(directory);
      const writer = new JournalWriter(id, descriptor, directory);
      writer.write({
        event: 'opened',
        format: 1,
        ...entry,
        title: entry.plan.title,
        by: `${userInfo().username}@${hostname()}`,
        startedAt: new Date().toISOString(),
      });
      syncDirectory(directory);
      return writer;
    } catch (error) {
      throw unwritable(directory, error);
    }
  }

  /** On disk when it returns, but for what keeps no rows: without its line that is found again in the database. */
  begin(step: number, sets: readonly RowSet[]): void {
    this.keepsRows = sets.some((set) => !isBulk(set));
    this.write({ event: 'step', step, sets }, this.keepsRows);
  }

  end(step: number, event: 'committed' | 'rolled back'): void {
    this.write({ event, step }, this.keepsRows);
  }

  close(state: 'done' | 'failed', detail?: string): void {
    this.write({ event: 'closed', state, finishedAt: new Date().toISOString(), ...(detail ? { detail } : {}) });
    closeSync(this.descriptor);
  }

  private write(event: Event, isSynced = true): void {
    const line = Buffer.from(`${JSON.stringify(event, withoutBulk)}\n`);
    try {
      for (let written = 0; written < line.length;) written += writeSync(this.descriptor, line, written);
      if (isSynced) fsyncSync(this.descriptor);
    } catch (error) {
      throw unwritable(this.directory, error);
    }
  }
}

/** What came from an archive is kept there. */
function withoutBulk(_name: string, value: unknown): unknown {
  return (value as RowSet | null)?.kind === 'load' ? { ...(value as RowSet), rows: [] } : value;
}

/** A step that cannot be journaled is not written. */
function unwritable(directory: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('unreachable', `The journal in ${directory} cannot be written: ${(error as Error).message}.`, {
    try: 'Nothing is changed that is not journaled. Make room there, or set journalDir in a context, or BBCTL_JOURNAL_DIR, to a folder that you may write.',
    cause: error,
  });
}

/** Node's own recursion never ends where a folder that is there takes no other, as in /proc. */
export function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = path.dirname(directory);
  if (!existsSync(parent)) makeDirectory(parent);
  try {
    mkdirSync(directory);
  } catch (error) {
    // Another bbctl was quicker.
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
}

/** Who makes the file has the number: of two that want the same one fails and takes the next. */
function nextFile(directory: string): [number, number] {
  for (let id = Math.max(0, ...journalFiles(directory).map(([number]) => number)) + 1; ; id++) {
    try {
      return [id, openSync(path.join(directory, `${String(id).padStart(6, '0')}.jsonl`), 'wx')];
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
  }
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** All entries of the folder, newest first. A folder that is not there holds none. */
export function readJournal(directory: string): Entry[] {
  const entries = journalFiles(directory).map(([id, name]) => readEntry(id, path.join(directory, name)));
  const [undone, completed] = [new Map<number, number>(), new Map<number, number>()];
  // The newest first: what was itself undone later counts no more.
  for (const entry of entries.sort((a, b) => b.id - a.id)) {
    const isDone = entry.state === 'done' || completed.has(entry.id);
    if (!isDone || undone.has(entry.id)) continue;
    if (entry.undoes !== null) undone.set(entry.undoes, entry.id);
    if (entry.completes !== null) completed.set(entry.completes, entry.id);
  }
  const linked = entries.map((entry) =>
    withLinks(entry, undone.get(entry.id) ?? null, completed.get(entry.id) ?? null),
  );
  return linked.map((entry) => ({ ...entry, followedBy: followers(entry, linked) }));
}

function followers(entry: Entry, entries: readonly Entry[]): number[] {
  const subjects = new Set(subjectsOf(entry));
  return entries
    .filter((later) => later.id > entry.id && later.database === entry.database && later.state !== 'undone')
    .filter(
      (later) =>
        later.undoes === null && later.completes === null && subjectsOf(later).some((one) => subjects.has(one)),
    )
    .map((later) => later.id);
}

/** What it has written, or may have. */
function subjectsOf({ plan, steps }: Entry): string[] {
  return steps
    .filter(({ state, sets }) => state !== 'rolled back' && sets.length > 0)
    .flatMap(({ step }) => plan.steps[step]?.subject ?? []);
}

function withLinks(entry: Entry, undoneBy: number | null, completedBy: number | null): Entry {
  const state = undoneBy !== null ? 'undone' : completedBy !== null ? 'done' : entry.state;
  return { ...entry, state, undoneBy, completedBy };
}

export function findEntry(directory: string, id: number): Entry {
  const entry = readJournal(directory).find((one) => one.id === id);
  if (entry) return entry;
  throw new Failure('notFound', `There is no journal entry ${id} in ${directory}.`, {
    try: 'See them with "bbctl journal".',
  });
}

function journalFiles(directory: string): [number, string][] {
  try {
    return readdirSync(directory).flatMap((name): [number, string][] => {
      const match = filePattern.exec(name);
      return match ? [[Number(match[1]), name]] : [];
    });
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw new Failure('unreachable', `The journal in ${directory} cannot be read: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

function readEntry(id: number, file: string): Entry {
  const events = readFileSync(file, 'utf8').split('\n').flatMap(parseLine);
  const header = events.find((event) => event.event === 'opened');
  const closed = events.find((event) => event.event === 'closed');
  if (!header) return unreadable(id, file);
  const steps = events.flatMap((event, index) =>
    event.event === 'step' ? journaled(event, events.slice(index + 1)) : [],
  );
  return {
    ...header,
    id,
    state: closed?.state ?? (isWritten(header.plan, steps) ? 'done' : 'open'),
    finishedAt: closed?.finishedAt ?? null,
    undoneBy: null,
    completedBy: null,
    followedBy: [],
    steps,
  };
}

function journaled({ step, sets }: Extract<Event, { event: 'step' }>, later: readonly Event[]): JournaledStep {
  const end = later.find(
    (event) => (event.event === 'committed' || event.event === 'rolled back') && event.step === step,
  );
  return { step, sets, state: (end?.event as 'committed' | undefined) ?? 'unknown' };
}

/** Every step was committed: only the last line is missing. */
function isWritten(plan: Plan<Step>, steps: readonly JournaledStep[]): boolean {
  return plan.steps.every((_, index) => isStepWritten(plan, steps, index));
}

/** It was committed; what is done piece by piece is written when a last piece found nothing left. */
export function isStepWritten(plan: Plan<Step>, steps: readonly JournaledStep[], index: number): boolean {
  const isPiecemeal = plan.steps[index]?.isPiecemeal ?? false;
  return steps.some(
    (step) => step.step === index && step.state === 'committed' && (!isPiecemeal || step.sets.length === 0),
  );
}

/** A crash can cut the last line off; what it would have told did not happen. */
function parseLine(line: string): Event[] {
  try {
    return line === '' ? [] : [JSON.parse(line) as Event];
  } catch {
    return [];
  }
}

/** Ended before its first line was on disk: nothing can have been done. */
function unreadable(id: number, file: string): Entry {
  const nothing = {
    undoes: null,
    completes: null,
    undoneBy: null,
    completedBy: null,
    followedBy: [],
    reason: null,
    finishedAt: null,
  };
  const title = `(nothing was written to ${path.basename(file)})`;
  return {
    ...nothing,
    format: 1,
    id,
    operation: '',
    title,
    plan: emptyPlan(''),
    database: '',
    by: '',
    startedAt: '',
    state: 'failed',
    steps: [],
  };
}

/** The same, of this database: what was written elsewhere must not be looked for here. */
export function findEntryOf(directory: string, id: number, label: string): Entry {
  const entry = findEntry(directory, id);
  if (entry.database === '' || placeOf(entry.database) === placeOf(label)) return entry;
  throw new Failure('usage', `Change ${id} was made on ${entry.database}, not on ${label}.`, {
    try: 'Name that database with --db or --context.',
  });
}

/** The database alone: it is the same one for another user, and this machine has several names. */
function placeOf(label: string): string {
  return label
    .replace(/\/\/[^@/]*@/, '//')
    .replace(/\/\/(127\.0\.0\.1|\[::1\])(?=[:/])/, '//localhost')
    .replace(/^(postgresql:\/\/[^/]*):5432\/|^(mysql:\/\/[^/]*):3306\//, '$1$2/');
}
