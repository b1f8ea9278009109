import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { change } from '../../src/lib/change.js';
import type { ChangeOptions, Presenter } from '../../src/lib/gate.js';
import { Database } from '../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { exitStatuses, type Failure, type FailureCode } from '../../src/lib/errors.js';
import { findEntry, readJournal, type Entry } from '../../src/lib/journal.js';
import type { Operation, Report, Step, StepResult } from '../../src/lib/operation.js';
import { operationNamed } from '../../src/lib/operations/registry.js';
import { undoChange } from '../../src/lib/operations/undo-change.js';
import type { TestDatabase } from './database.js';

export interface RunOptions extends Partial<ChangeOptions> {
  /** What happens while the gate waits for its second look; without it a second look is a surprise. */
  betweenLooks?: () => Promise<unknown>;
  /** What happens while a person thinks about the plan. */
  beforeConfirm?: () => Promise<unknown>;
}

/** The gate for writes on a test's database, with a journal of its own, and nobody to ask or to tell. */
export interface Gate {
  reading: Database;
  run<World, S extends Step>(operation: Operation<World, S>, options?: RunOptions): Promise<Report<S>>;
  dryRun<World, S extends Step>(operation: Operation<World, S>): Promise<Report<S>>;
  /** Takes back the newest change, or the one with this number. */
  undo(id?: number, options?: RunOptions & { force?: boolean }): Promise<Report<Step>>;
  /** Newest first. */
  journal(): Entry[];
}

export async function gateOn(t: ExecutionContext, db: TestDatabase): Promise<Gate> {
  const journalDirectory = mkdtempSync(join(tmpdir(), 'bbctl-journal-'));
  const location = parseDatabaseUrl(db.url);
  const opened: Database[] = [];
  const open = async (access: 'read' | 'write'): Promise<Database> => {
    const database = await Database.open(location, { access, timeoutMs: 30_000, purpose: 'test' });
    opened.push(database);
    return database;
  };
  const reading = await open('read');
  // The database must outlive its connections: teardowns run last in, first out.
  t.teardown(async () => {
    await Promise.all(opened.map((database) => database.close()));
    rmSync(journalDirectory, { recursive: true, force: true });
  });
  const connections = { reading, openForWriting: () => open('write') };
  const run: Gate['run'] = (operation, options = {}) =>
    change(operation, connections, mutePresenter(options), { ...defaults(journalDirectory), ...options });
  return {
    reading,
    run,
    dryRun: (operation) => run(operation, { dryRun: true }),
    undo: (id = readJournal(journalDirectory)[0]?.id ?? 0, { force = false, ...options } = {}) => {
      const entry = findEntry(journalDirectory, id);
      const { describe } = operationNamed(entry.operation);
      return run(
        undoChange(entry, (step) => describe(step), force),
        { ...options, undoes: entry.id },
      );
    },
    journal: () => readJournal(journalDirectory),
  };
}

/** Expects a failure of this kind, with the exit status that belongs to it. */
export async function failsWith(
  t: ExecutionContext,
  work: Promise<unknown>,
  code: FailureCode,
  message?: string | RegExp,
): Promise<void> {
  const failure = await t.throwsAsync<Failure>(work, { name: 'Failure', code, ...(message ? { message } : {}) });
  t.is(failure?.exitCode, exitStatuses[code]);
}

function defaults(journalDirectory: string): ChangeOptions {
  return {
    dryRun: false,
    reason: null,
    lockWaitMs: 30_000,
    journalDirectory,
    allowUnknownSchema: false,
    signal: new AbortController().signal,
  };
}

function mutePresenter({ betweenLooks, beforeConfirm }: RunOptions): Presenter {
  return {
    showPlan: () => {},
    confirm: async () => {
      await beforeConfirm?.();
      return true;
    },
    waitForSecondLook: async (look) => {
      if (!betweenLooks) throw new Error(`a second look after ${look.afterSeconds} s was not expected`);
      await betweenLooks();
    },
    during: (_title, work) => work(() => {}),
    runSteps: async (titles, runStep) => {
      const results: StepResult[] = [];
      for (const index of titles.keys()) results.push(await runStep(index));
      return results;
    },
    report: () => {},
  };
}
