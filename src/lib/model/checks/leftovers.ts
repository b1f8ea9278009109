import { isOrphanedBuilder } from '../builder.js';
import { builderCertainty, orphaned, workerCertainty } from '../inventory.js';
import type { Inventory, Orphaned } from '../inventory.js';
import { count, list, printable } from '../names.js';
import { isOrphanedWorker } from '../worker.js';
import type { Check, Found } from './check.js';

function orphans(
  [noun, topic]: readonly [noun: string, topic: string],
  names: readonly string[],
  inventory: Inventory | null,
  certaintyOf: typeof builderCertainty,
): Found[] {
  const judged = names.map((name) => ({ name, how: orphaned(true, certaintyOf(inventory, name)) }));
  return (['certain', 'likely', 'missing'] as const).flatMap((how): Found[] => {
    const some = judged.filter((one) => one.how === how).map((one) => one.name);
    // Of what a complete inventory names, another check tells that it is missing.
    if (some.length === 0 || (how === 'missing' && inventory?.complete)) return [];
    return [
      {
        message: `${count(some.length, noun)} that no master configures: ${list(some.map(printable), 5)}. ${verdict(how, some.length, inventory)}`,
        evidence: { [topic]: some, orphaned: how },
        fix: [`bbctl ${topic} --orphaned`],
      },
    ];
  });
}

function verdict(how: Exclude<Orphaned, 'no'>, number: number, inventory: Inventory | null): string {
  if (how === 'likely') return 'Left over, or of a master that is stopped.';
  const [file, them] = [printable(inventory?.file ?? ''), number === 1 ? 'it' : 'them'];
  return how === 'certain'
    ? `Left over: ${file}, which names everything, does not name ${them}.`
    : `Not left over: ${file} names ${them}; the master is away.`;
}

const likely =
  'Left over from a rename or a removal; but a stopped master takes its registrations away with it, so that all that only it configures looks the same. Only a cluster.yaml that names everything tells for certain ("bbctl inventory" writes one).';

export const builderOrphaned: Check = {
  id: 'builder-orphaned',
  severity: 'note',
  title: 'A builder that no master configures',
  meaning: likely,
  find: ({ cluster, inventory = null }) => orphans(['builder', 'builders'], cluster.builders.filter(isOrphanedBuilder).map((builder) => builder.name), inventory, builderCertainty), // prettier-ignore
};

export const workerOrphaned: Check = {
  id: 'worker-orphaned',
  severity: 'note',
  title: 'A worker that no master configures and none is connected to',
  meaning: `${likely} "bbctl workers forget" removes it; its builds stay.`,
  find: ({ cluster, inventory = null }) => orphans(['worker', 'workers'], cluster.workers.filter(isOrphanedWorker).map((worker) => worker.name), inventory, workerCertainty), // prettier-ignore
};
