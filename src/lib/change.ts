import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './db/connect.js';
import { isRetryable } from './db/driver-errors.js';
import { takeLock } from './db/lock.js';
import { ChangedMeanwhile, writeRows } from './db/rows.js';
import type { RowCounts } from './db/rows.js';
import { Failure, exitStatuses } from './errors.js';
import { JournalWriter } from './journal.js';
import { countRows } from './model/rows.js';
import type { WakeUp, Woken } from './model/wake.js';
import type { Operation, Outcome, Plan, Report, ReportStatus, SecondLook, Step, StepResult } from './operation.js';

/** What a person sees of a change, and answers. Under `--json` it is mute and says yes only to `--yes`. */
export interface Presenter {
  showPlan<S extends Step>(plan: Plan<S>, describe: (step: S) => string, options: { dryRun: boolean }): void;
  confirm<S extends Step>(plan: Plan<S>): Promise<boolean>;
  /** Returns when the time is over. */
  waitForSecondLook(look: SecondLook): Promise<void>;
  /** Shows that something is done that takes its time. */
  during(title: string, work: (progress: (text: string) => void) => Promise<void>): Promise<void>;
  /** Runs the steps one after the other, showing progress. */
  runSteps(steps: readonly ShownStep[], run: RunStep): Promise<StepResult[]>;
  report<S extends Step>(report: Report<S>): void;
}

/** `say` tells why it takes its time; nothing, when it goes on. */
export type RunStep = (index: number, say?: (text: string) => void) => Promise<StepResult>;

/** A step as a person sees it. */
export interface ShownStep {
  readonly title: string;
  readonly group: string | undefined;
}

export interface ChangeOptions {
  readonly dryRun: boolean;
  readonly reason: string | null;
  readonly lockWaitMs: number;
  readonly journalDirectory: string;
  readonly undoes?: number;
  readonly completes?: number;
  readonly allowUnknownSchema: boolean;
  /** Aborted by Ctrl-C: the step that is being written is finished, then it stops. */
  readonly signal: AbortSignal;
  /** Tells masters to look; never throws for what it cannot do. Without it the report says what to run. */
  readonly wake?: ((wakeUps: readonly WakeUp[]) => Promise<Woken[]>) | null;
  /** Called before the lock is taken: until then Ctrl-C may simply end the program. */
  readonly onWriting?: () => void;
}

export interface Connections {
  /** A session that cannot write. */
  readonly reading: Database;
  /** Opened only when something is to be written. */
  openForWriting(): Promise<Database>;
}

/**
 * The one gate for writes: plan, look twice if need be, show, confirm, lock, read and plan again, and for each step
 * one transaction: lock rows, journal what is about to change, write it under the conditions that were seen, commit.
 * Then look whether it is so. Nothing is locked while a person thinks.
 */
export async function change<World, S extends Step>(
  operation: Operation<World, S>,
  connections: Connections,
  presenter: Presenter,
  options: ChangeOptions,
): Promise<Report<S>> {
  const { plan, earlier, isShown } = await look(operation, connections.reading, presenter, options);
  if (!isShown) presenter.showPlan(plan, (step) => operation.describe(step), { dryRun: options.dryRun });
  verifyNotBlocked(plan);
  const finish = (report: Report<S>): Report<S> => {
    presenter.report(report);
    return report;
  };
  const unwritten = { plan, dryRun: options.dryRun, results: [], woken: [], advice: [], journal: null };
  if (plan.steps.length === 0) return finish({ ...unwritten, status: 'nothing to do' });
  if (options.dryRun) return finish({ ...unwritten, status: 'dry run' });
  verifyKnownSchema(connections.reading, options);
  if (!(await presenter.confirm(plan))) throw notConfirmed();
  const gate = { operation, connections, presenter, options };
  return finish(await concluded(gate, await carryOut(gate, { plan, earlier, isShown })));
}

interface Gate<World, S extends Step> {
  readonly operation: Operation<World, S>;
  readonly connections: Connections;
  readonly presenter: Presenter;
  readonly options: ChangeOptions;
}

/** What is kept while a person thinks: not the world, which may be large and will be read again. */
interface Look<World, S extends Step> {
  readonly plan: Plan<S>;
  /** The first of two looks. */
  readonly earlier: World | undefined;
  readonly isShown: boolean;
}

function notConfirmed(): Failure {
  return new Failure('notConfirmed', 'Nothing was changed: it was not confirmed.', {
    try: 'Answer "y", or use --yes where nobody can answer.',
  });
}

async function look<World, S extends Step>(
  operation: Operation<World, S>,
  database: Database,
  presenter: Presenter,
  { dryRun }: ChangeOptions,
): Promise<Look<World, S>> {
  const world = await operation.read(database);
  const plan = operation.plan(world);
  const isBlocked = plan.blockers.length > 0;
  if (plan.secondLook === null || dryRun || isBlocked) return { plan, earlier: undefined, isShown: false };
  presenter.showPlan(plan, (step) => operation.describe(step), { dryRun: true });
  await presenter.waitForSecondLook(plan.secondLook);
  const again = await operation.read(database);
  const second = operation.plan(again, world);
  return { plan: second, earlier: world, isShown: samePlan(second, plan) };
}

function verifyNotBlocked<S extends Step>(plan: Plan<S>): void {
  const [first] = plan.blockers;
  if (!first) return;
  throw new Failure('refused', plan.blockers.map((blocker) => blocker.message).join('\n'), {
    try: [...new Set(plan.blockers.map((blocker) => blocker.try))].join('\n'),
  });
}

/** What was done, and the world that it was planned in. */
interface CarriedOut<World, S extends Step> {
  readonly world: World;
  readonly report: Report<S>;
}

async function carryOut<World, S extends Step>(
  gate: Gate<World, S>,
  before: Look<World, S>,
): Promise<CarriedOut<World, S>> {
  const { operation, connections, options } = gate;
  options.onWriting?.();
  const database = await connections.openForWriting();
  const lock = await takeLock(database.location, operation.name, options.lockWaitMs);
  try {
    const world = await operation.read(connections.reading);
    const plan = operation.plan(world, before.earlier);
    if (!samePlan(plan, before.plan)) throw changedSincePlan(gate, plan);
    await prepare(gate, plan);
    const journal = JournalWriter.open(options.journalDirectory, {
      operation: operation.name,
      plan,
      database: database.location.label,
      reason: options.reason,
      undoes: options.undoes ?? null,
      completes: options.completes ?? null,
    });
    const results = await writeSteps(gate, plan, database, journal);
    const status = await verified(gate, plan, before.earlier, results);
    journal.close(status === 'done' ? 'done' : 'failed', status);
    return { world, report: { plan, dryRun: false, status, results, woken: [], advice: [], journal: journal.id } };
  } finally {
    await operation.cleanUp?.(database);
    await lock.release();
  }
}

/** The change is over, and its lock is gone: nothing that happens here can undo or delay it. */
async function concluded<World, S extends Step>(
  { operation, presenter, options }: Gate<World, S>,
  { world, report }: CarriedOut<World, S>,
): Promise<Report<S>> {
  const done = report.plan.steps.filter((_, index) => report.results[index]?.outcome === 'done');
  if (done.length === 0) return report;
  const sleeping = options.signal.aborted ? [] : (operation.wakes?.(world, done) ?? []);
  const woken: Woken[] = [];
  const { wake } = options;
  if (wake && sleeping.length > 0)
    await presenter.during('Tell the masters to look', async () => void woken.push(...(await wake(sleeping))));
  return { ...report, woken, advice: operation.advise?.(world, done, woken) ?? [] };
}

async function prepare<World, S extends Step>(gate: Gate<World, S>, plan: Plan<S>): Promise<void> {
  const { operation, connections, presenter, options } = gate;
  const preparation = operation.prepare;
  if (!preparation) return;
  const { signal } = options;
  await presenter.during(preparation.title, (progress) =>
    preparation.run(connections.reading, plan, { progress, signal }),
  );
  if (signal.aborted) throw new Failure('notConfirmed', 'Nothing was changed: interrupted before the first step.');
}

function verifyKnownSchema(database: Database, { allowUnknownSchema }: ChangeOptions): void {
  if (allowUnknownSchema || !database.unknownRevision) return;
  throw new Failure(
    'schema',
    `${database.location.label} has the schema revision ${database.unknownRevision}, which is newer than this bbctl knows.`,
    {
      try: 'Update bbctl; or, where you know that the tables are the same, use --allow-unknown-schema.',
    },
  );
}

function samePlan<S extends Step>(one: Plan<S>, other: Plan<S>): boolean {
  return one.blockers.length === 0 && JSON.stringify(one.steps) === JSON.stringify(other.steps);
}

function changedSincePlan<World, S extends Step>({ operation, presenter }: Gate<World, S>, plan: Plan<S>): Failure {
  presenter.showPlan(plan, (step) => operation.describe(step), { dryRun: true });
  const [what, way] =
    plan.steps.length > 0
      ? ['this would be done now', 'The plan above is the new one: run it again if that is right.']
      : ['nothing is left to be done', 'Somebody else has done it, or the master came back: see "bbctl status".'];
  return new Failure('changed', `The cluster has changed since the plan was shown, and ${what}; nothing was written.`, {
    try: way,
  });
}

async function writeSteps<World, S extends Step>(
  gate: Gate<World, S>,
  plan: Plan<S>,
  database: Database,
  journal: JournalWriter,
): Promise<StepResult[]> {
  const { operation, presenter, options } = gate;
  const shown = plan.steps.map((step) => ({ title: operation.describe(step), group: step.group }));
  const broken = new Set<string>();
  let lost = false;
  return presenter.runSteps(shown, async (index, say = () => {}) => {
    const step = plan.steps[index] as S;
    const rows: Record<string, number> = {};
    const result = (outcome: Outcome, detail?: string): StepResult => ({
      step: shown[index]?.title ?? '',
      outcome,
      rows,
      ...(detail ? { detail } : {}),
    });
    // Ctrl-C is heard only when the event loop turns; SQLite's driver never lets it.
    await nextTurn();
    if (options.signal.aborted) return { ...result('skipped', 'interrupted'), code: 'notConfirmed' };
    if (lost) return result('skipped', 'a step before it failed');
    if (broken.has(step.subject)) return result('skipped', 'an earlier step of it was not done');
    try {
      const isWhole = await writeStep({ gate, step, index, database, journal, say }, rows);
      if (!isWhole) return { ...result('skipped', 'interrupted'), code: 'notConfirmed' };
      // A range in which there was nothing is done with, too.
      return result(Object.keys(rows).length === 0 && !step.isPiecemeal ? 'unchanged' : 'done');
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile) && !(error instanceof Failure)) throw error;
      // A step that did not happen must not be followed by those that count on it.
      broken.add(step.subject);
      lost = error instanceof Failure;
      if (error instanceof ChangedMeanwhile) return result('unchanged', error.message);
      return { ...result('failed', error.message), code: error.code, ...(error.try ? { try: error.try } : {}) };
    }
  });
}

interface StepAtWork<World, S extends Step> {
  readonly gate: Gate<World, S>;
  readonly step: S;
  readonly index: number;
  readonly database: Database;
  readonly journal: JournalWriter;
  readonly say: (text: string) => void;
}

/** Adds up the rows that it has written, also where it throws. False: interrupted before the end of the step. */
async function writeStep<World, S extends Step>(
  at: StepAtWork<World, S>,
  rows: Record<string, number>,
): Promise<boolean> {
  for (let piece = 0; ; piece++) {
    if (at.index + piece > 0 && !(await keepPace(at))) return false;
    const written = Object.entries(await writePiece(at));
    for (const [table, count] of written) rows[table] = (rows[table] ?? 0) + count;
    if (!at.step.isPiecemeal || written.length === 0) return true;
    await nextTurn();
    if (at.gate.options.signal.aborted) return false;
  }
}

/** Waits as long as the operation wants to; false: interrupted meanwhile. */
async function keepPace<World, S extends Step>({ gate, say }: StepAtWork<World, S>): Promise<boolean> {
  const { pace } = gate.operation;
  const { signal } = gate.options;
  if (!pace) return true;
  await pause(pace.pauseMs, signal);
  for (const until = Date.now() + pace.patienceMs; !signal.aborted; await pause(1000, signal)) {
    const why = await pace.hold(gate.connections.reading);
    say(why === null ? '' : `waiting: ${why}`);
    if (why === null) return true;
    if (Date.now() >= until) throw new Failure('timedOut', `Stopped to be gentle: ${why}.`);
  }
  return false;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
}

const mostTries = 5;

/** A deadlock's victim tries again: its transaction was taken back whole. */
async function writePiece<World, S extends Step>({
  gate: { operation },
  step,
  index,
  database,
  journal,
}: StepAtWork<World, S>): Promise<RowCounts> {
  for (let tries = 1; ; tries++) {
    let begun = false;
    try {
      const counts = await database.write(operation.tables, async (tx) => {
        const rows = (await operation.work(tx, step)).filter((set) => countRows([set]) > 0);
        // The rows as they were are on disk before any of them can have changed.
        journal.begin(index, rows);
        begun = true;
        return writeRows(tx, rows);
      });
      journal.end(index, 'committed');
      return counts;
    } catch (error) {
      // Of a connection that broke in the commit, or of rows without transactions, nobody knows what stayed: the entry
      // says so by saying nothing.
      const isKnown =
        database.isTransactional(operation.tables) && (error instanceof ChangedMeanwhile || isRetryable(error));
      if (begun && isKnown) journal.end(index, 'rolled back');
      if (!isRetryable(error) || tries === mostTries) throw error;
      await sleep(20 * 2 ** tries * (0.5 + Math.random()));
    }
  }
}

/** "Done" means that planning again finds nothing left to do for any master or request that was planned. */
async function verified<World, S extends Step>(
  gate: Gate<World, S>,
  plan: Plan<S>,
  earlier: World | undefined,
  results: readonly StepResult[],
): Promise<ReportStatus> {
  const some = results.some((result) => result.outcome === 'done' || Object.keys(result.rows).length > 0);
  if (results.some((result) => result.code)) return some ? 'partly done' : 'failed';
  const subjects = new Set(plan.steps.map((step) => step.subject));
  const left = gate.operation.plan(await gate.operation.read(gate.connections.reading), earlier).steps;
  if (!left.some((step) => subjects.has(step.subject)) && results.every((result) => result.outcome !== 'skipped')) {
    return some ? 'done' : 'changed meanwhile';
  }
  return some ? 'partly done' : 'changed meanwhile';
}

const statuses: Record<ReportStatus, number> = {
  'nothing to do': exitStatuses.done,
  'dry run': exitStatuses.done,
  done: exitStatuses.done,
  'partly done': exitStatuses.partlyDone,
  'changed meanwhile': exitStatuses.changed,
  failed: exitStatuses.unreachable,
};

export function exitStatusOf<S extends Step>({ status, results }: Report<S>): number {
  const code = results.find((result) => result.code)?.code;
  return status === 'failed' && code ? exitStatuses[code] : statuses[status];
}
