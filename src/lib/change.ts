import { tellMasters } from './db/announcements.js';
import type { Database } from './db/connect.js';
import { takeLock } from './db/lock.js';
import { Failure, exitStatuses } from './errors.js';
import type { ChangeOptions, Connections, Gate, Presenter } from './gate.js';
import { JournalWriter } from './journal.js';
import type { Woken } from './model/wake.js';
import type { Operation, Plan, Report, ReportStatus, Step, StepResult } from './operation.js';
import { writeSteps } from './write-steps.js';

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

/** What is kept while a person thinks: not the world, which may be large and will be read again. */
interface Look<World, S extends Step> {
  readonly plan: Plan<S>;
  /** The first of two looks. */
  readonly earlier: World | undefined;
  readonly isShown: boolean;
}

export function notConfirmed(): Failure {
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

export function verifyNotBlocked<S extends Step>(plan: Plan<S>): void {
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
    const { world, report } = await underLock(gate, before, database);
    await tellOfRequests(operation, database);
    return { world, report: { ...report, advice: await cleanUp(operation, database) } };
  } catch (error) {
    await cleanUp(operation, database);
    throw error;
  } finally {
    await lock.release();
  }
}

async function underLock<World, S extends Step>(
  gate: Gate<World, S>,
  { plan: shown, earlier }: Look<World, S>,
  database: Database,
): Promise<CarriedOut<World, S>> {
  const { operation, connections, options } = gate;
  const world = await operation.read(connections.reading);
  const plan = operation.plan(world, earlier);
  if (!samePlan(plan, shown)) throw changedSincePlan(gate, plan);
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
  const status = await verified(gate, plan, earlier, results);
  journal.close(status === 'done' ? 'done' : 'failed', status);
  return { world, report: { plan, dryRun: false, status, results, woken: [], advice: [], journal: journal.id } };
}

/** Masters of bbctl's own look at once for what was given back. Who is not told looks a little later. */
async function tellOfRequests<World, S extends Step>({ tables }: Operation<World, S>, database: Database): Promise<void> {
  if (!tables.includes('buildrequest_claims')) return;
  await database.glance((tx) => tellMasters(tx, ['requests'])).catch(() => {});
} // prettier-ignore

/** What could not be cleaned up is told: it must not hide what was done. */
async function cleanUp<World, S extends Step>(operation: Operation<World, S>, database: Database): Promise<string[]> {
  try {
    await operation.cleanUp?.(database);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [`Not everything could be cleaned up: ${error.message}`];
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
  return { ...report, woken, advice: [...report.advice, ...(operation.advise?.(world, done, woken) ?? [])] };
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
  // Step by step: the text of a large plan would be as large as the plan, twice.
  const isSame = (step: S, index: number): boolean => JSON.stringify(step) === JSON.stringify(other.steps[index]);
  return one.blockers.length === 0 && one.steps.length === other.steps.length && one.steps.every(isSame);
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
