// The gate (src/lib/change.ts) run in this process, so that a test can do things at its boundaries.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { change } from '../../src/lib/change.js';
import type { ChangeOptions, Presenter } from '../../src/lib/gate.js';
import { Database } from '../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { checkUp, type CheckUp } from '../../src/lib/check-up.js';
import { findEntry, readJournal, type Entry } from '../../src/lib/journal.js';
import { repairs } from '../../src/lib/model/repair.js';
import type { Operation, Pace, Report, Step } from '../../src/lib/operation.js';
import { completeChange, type ContinueStep } from '../../src/lib/operations/complete-change.js';
import { expireMasters, type ExpireStep } from '../../src/lib/operations/expire-masters.js';
import { mendFindings } from '../../src/lib/operations/mend-findings.js';
import { mergeBuilders, type MergeStep } from '../../src/lib/operations/merge-builders.js';
import type { MergeWorld } from '../../src/lib/operations/read-merge.js';
import { operationNamed } from '../../src/lib/operations/registry.js';
import { undoChange, type UndoStep, type UndoWorld } from '../../src/lib/operations/undo-change.js';
import type { Cluster } from '../../src/lib/model/cluster.js';

export interface GateOptions {
  journal: string;
  presenter?: Partial<Presenter>;
  options?: Partial<ChangeOptions>;
  timeoutMs?: number;
  /** Stands between the gate and the connection that writes. */
  wrap?: (database: Database) => Database;
}

export async function openDatabase(
  url: string,
  access: 'read' | 'write' = 'read',
  timeoutMs = 30_000,
): Promise<Database> {
  return Database.open(parseDatabaseUrl(url), { access, timeoutMs, purpose: 'test' });
}

export async function throughGate<World, S extends Step>(
  url: string,
  operation: Operation<World, S>,
  { journal, presenter = {}, options = {}, timeoutMs, wrap = (database) => database }: GateOptions,
): Promise<Report<S>> {
  const opened: Database[] = [];
  const open = async (access: 'read' | 'write'): Promise<Database> => {
    const database = await openDatabase(url, access, timeoutMs);
    opened.push(database);
    return database;
  };
  try {
    const connections = { reading: await open('read'), openForWriting: async () => wrap(await open('write')) };
    return await change(operation, connections, { ...willing, ...presenter }, { ...always, journalDirectory: journal, ...options }); // prettier-ignore
  } finally {
    await Promise.all(opened.map((database) => database.close()));
  }
}

/** Says yes to everything and shows nothing. */
const willing: Presenter = {
  showPlan: () => {},
  confirm: () => Promise.resolve(true),
  waitForSecondLook: () => Promise.resolve(),
  during: (_title, work) => work(() => {}),
  runSteps: async (titles, run) => {
    const results = [];
    for (const index of titles.keys()) results.push(await run(index));
    return results;
  },
  report: () => {},
};

const always = {
  dryRun: false,
  reason: null,
  lockWaitMs: 5000,
  allowUnknownSchema: false,
  signal: new AbortController().signal,
};

export function expireDead(): Operation<Cluster, ExpireStep> {
  return expireMasters({ masters: [], expireAfter: 600, force: false });
}

async function checked(url: string): Promise<CheckUp> {
  const database = await openDatabase(url);
  try {
    return await checkUp(database, { expireAfter: 600, thorough: true });
  } finally {
    await database.close();
  }
}

/** What `doctor --fix --yes` does. */
export async function fixAll(url: string, options: GateOptions): Promise<Report<Step>> {
  const mends = (await checked(url)).findings.flatMap(({ mend }) => mend ?? []);
  return throughGate(url, mendFindings(mends, { expireAfter: 600 }), options);
}

/** What `health --repair` does. */
export async function repairAll(url: string, options: GateOptions): Promise<Report<Step>> {
  const mends = repairs((await checked(url)).cluster, 3600);
  return throughGate(url, mendFindings(mends, { expireAfter: 600 }, 'health --repair'), options);
}

export function mergeForced(from: string, into: string): Operation<MergeWorld, MergeStep> {
  return mergeBuilders({ from, into, expireAfter: 600, inventory: null, force: true });
}

/** The same operation, with something happening after it has read for the n-th time: 2 is just before it writes. */
export function afterRead<World, S extends Step>(
  operation: Operation<World, S>,
  nth: number,
  happen: () => Promise<unknown>,
): Operation<World, S> {
  let reads = 0;
  return {
    ...operation,
    read: async (database) => {
      const world = await operation.read(database);
      if (++reads === nth) await happen();
      return world;
    },
  };
}

export function reversal(journal: string, id: number, force = false): Operation<UndoWorld, UndoStep> {
  const entry = findEntry(journal, id);
  const { describe } = operationNamed(entry.operation);
  return undoChange(entry, (step) => describe(step), force);
}

export function completion(journal: string, id: number): Operation<UndoWorld, ContinueStep> {
  const entry = findEntry(journal, id);
  return completeChange(entry, operationNamed(entry.operation));
}

export function undo(url: string, journal: string, id: number, force = false): Promise<Report<Step>> {
  return throughGate(url, reversal(journal, id, force), { journal, options: { undoes: id } });
}

export function complete(url: string, journal: string, id: number): Promise<Report<Step>> {
  return throughGate(url, completion(journal, id), { journal, options: { completes: id } });
}

export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bbctl-test-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Oldest first. */
export function entriesOf(journal: string): Entry[] {
  return readJournal(journal).reverse();
}

/** Something that happens before each transaction but the first. */
export function meanwhile(happen: () => Promise<unknown>): Pace {
  return { pauseMs: 0, patienceMs: 0, hold: async () => (await happen(), null) };
}
