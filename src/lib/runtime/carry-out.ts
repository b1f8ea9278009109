import { ChangedMeanwhile, writeRows } from '../db/rows.js';
import { countRows } from '../model/rows.js';
import type { Operation, Plan, Step } from '../operation.js';
import type { Store } from './store.js';

/**
 * Carries out a plan as the housekeeping of a master: each step in a transaction, by the conditions of its statements
 * alone. No lock between bbctls (a person who thinks must not keep the cluster from mending itself), no journal.
 * Returns the steps that changed something.
 */
export async function carryOut<World, S extends Step>(
  store: Store,
  operation: Operation<World, S>,
  plan: Plan<S>,
): Promise<S[]> {
  const done: S[] = [];
  const broken = new Set<string>();
  for (const step of plan.steps.filter(({ subject }) => !broken.has(subject))) {
    try {
      if (await isDone(store, operation, step)) done.push(step);
    } catch (error) {
      if (!(error instanceof ChangedMeanwhile)) throw error;
      broken.add(step.subject);
    }
  }
  return done;
}

function isDone<World, S extends Step>(store: Store, operation: Operation<World, S>, step: S): Promise<boolean> {
  return store.write(operation.tables, async (tx) => {
    const rows = (await operation.work(tx, step)).filter((set) => countRows([set]) > 0);
    await writeRows(tx, rows);
    return rows.length > 0;
  });
}
