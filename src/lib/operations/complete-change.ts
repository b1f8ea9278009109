/*
 * Finishes a change that was interrupted: the steps that were not written, by the very work of the operation that
 * planned them, under the conditions that they carry. Without transactions (MyISAM) a step may be half written; what
 * is left of it is done, the rest is found done.
 */
import { printable } from '../model/names.js';
import type { Database } from '../db/connect.js';
import { isStepWritten } from '../journal.js';
import type { Entry } from '../journal.js';
import { countRows } from '../model/rows.js';
import type { RowSet } from '../model/rows.js';
import type { Operation, Plan, Step } from '../operation.js';
import { readStates } from './undo-change.js';
import type { UndoWorld } from './undo-change.js';

export interface ContinueStep extends Step {
  readonly step: Step;
}

type Continued = Pick<Operation<unknown, Step>, 'tables' | 'describe' | 'work'>;

export function completeChange(entry: Entry, operation: Continued): Operation<UndoWorld, ContinueStep> {
  // What this change has written itself: "done" is looked for in the database for that too.
  const written = new Map<number, RowSet[]>();
  return {
    name: 'journal complete',
    tables: operation.tables,
    read: (database: Database) => readStates(database, continued(entry, written)),
    plan: (world) => planCompletion(continued(entry, written), world),
    describe: (step) => operation.describe(step.step),
    work: async (tx, step) => {
      const sets = (await operation.work(tx, step.step)).filter((set) => countRows([set]) > 0);
      written.set(entry.plan.steps.indexOf(step.step), sets);
      return sets;
    },
  };
}

/** The entry as it stands after the steps that were continued; of a half written step the rest is what counts. */
function continued(entry: Entry, written: ReadonlyMap<number, RowSet[]>): Entry {
  const steps = [...written].map(([step, sets]) => ({
    step,
    sets,
    state: sets.length === 0 ? ('committed' as const) : ('unknown' as const),
  }));
  return { ...entry, steps: [...entry.steps.filter((step) => !written.has(step.step)), ...steps] };
}

function continuing(step: Step): ContinueStep {
  const { kind, subject, group, isPiecemeal } = step;
  return {
    kind: `continue ${kind}`,
    subject,
    ...(group === undefined ? {} : { group }),
    ...(isPiecemeal ? { isPiecemeal } : {}),
    step,
  };
}

export function planCompletion(entry: Entry, { states }: UndoWorld): Plan<ContinueStep> {
  const isWritten = (index: number): boolean => {
    if (isStepWritten(entry.plan, entry.steps, index)) return true;
    const sets = entry.plan.steps[index]?.isPiecemeal ? [] : states.filter((state) => state.step === index);
    return sets.length > 0 && sets.every((state) => [...state.rows.values()].every((how) => how === 'written'));
  };
  const left =
    entry.state === 'open' || entry.state === 'failed' ? entry.plan.steps.filter((_, index) => !isWritten(index)) : [];
  return {
    title: `Complete ${entry.id}: ${entry.title}`,
    steps: left.map((step) => continuing(step)),
    notes:
      left.length === 0
        ? [
            `Change ${entry.id} (${printable(entry.title)}) is ${entry.state === 'open' ? 'written to its end' : entry.state}.`,
          ]
        : [],
    warnings: [],
    blockers:
      entry.completes === null
        ? []
        : [
            {
              message: `Change ${entry.id} was itself to finish change ${entry.completes}.`,
              try: `Finish that one: "bbctl journal complete ${entry.completes}".`,
              override: null,
            },
          ],
    secondLook: null,
  };
}
