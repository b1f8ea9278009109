import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './db/connect.js';
import { isRetryable } from './db/driver-errors.js';
import { ChangedMeanwhile, writeRows } from './db/rows.js';
import type { RowCounts } from './db/rows.js';
import { Failure } from './errors.js';
import type { Gate } from './gate.js';
import type { JournalWriter } from './journal.js';
import { countRows } from './model/rows.js';
import type { Outcome, Plan, Step, StepResult } from './operation.js';

/** Each step in a transaction of its own, journaled before it is written; what became of each. */
export async function writeSteps<World, S extends Step>(
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
