import { MasterControl } from '../control/master-control.js';
import { Failure } from '../errors.js';
import { printable } from '../model/names.js';
import type { Target } from './targets.js';

/**
 * One after the other: answers with the names of the masters. Throws a `Failure` for a Buildbot master before anybody is
 * asked, and for the first that does not do it.
 */
export async function cancelDrains(targets: readonly Target[]): Promise<string[]> {
  const foreign = targets.filter(({ kind }) => kind === 'buildbot');
  if (foreign.length > 0) throw cannot(foreign.map(({ master }) => printable(master.name)));
  for (const { master, controlled } of targets) {
    const { error } = await new MasterControl(controlled).cancelDrain();
    if (error) throw new Failure(error.code, `${printable(master.name)}: ${error.message}`, { cause: error });
  }
  return targets.map(({ master }) => master.name);
}

function cannot(names: readonly string[]): Failure {
  return new Failure('refused', `${names.join(', ')}: nothing outside a Buildbot master takes its drain back.`, {
    try: 'Let it stop, and start it again. Nothing was done.',
  });
}
