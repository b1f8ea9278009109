import { MasterControl } from '../control/master-control.js';
import { Failure } from '../errors.js';
import { printable } from '../model/names.js';
import type { Target } from './targets.js';

export interface CancelledDrain {
  readonly master: string;
  readonly outcome: 'cancelled' | 'was not draining';
}

/** All or the first that fails: throws a `Failure` for a Buildbot master, and for one that does not answer. */
export async function cancelDrains(targets: readonly Target[]): Promise<CancelledDrain[]> {
  const foreign = targets.filter(({ kind }) => kind === 'buildbot');
  if (foreign.length > 0) throw cannot(foreign.map(({ master }) => printable(master.name)));
  const cancelled: CancelledDrain[] = [];
  for (const { master, controlled } of targets) {
    const { error, wasDraining } = await new MasterControl(controlled).cancelDrain();
    if (error) throw error;
    cancelled.push({ master: master.name, outcome: wasDraining ? 'cancelled' : 'was not draining' });
  }
  return cancelled;
}

function cannot(names: readonly string[]): Failure {
  return new Failure('refused', `${names.join(', ')}: nothing outside a Buildbot master takes its drain back.`, {
    try: 'Let it stop, and start it again. Nothing was done.',
  });
}
