import { isOrphanedBuilder } from '../builder.js';
import { count, list, printable } from '../names.js';
import { isOrphanedWorker } from '../worker.js';
import type { Check, Found } from './check.js';

function orphans(noun: string, topic: string, names: readonly string[]): Found[] {
  if (names.length === 0) return [];
  return [
    {
      message: `${count(names.length, noun)} that no master configures: ${list(names.map(printable), 5)}. Left over, or of a master that is stopped.`,
      evidence: { [topic]: names },
      fix: [`bbctl ${topic} --orphaned`],
    },
  ];
}

const likely =
  'Left over from a rename or a removal; but a stopped master takes its registrations away with it, so that all that only it configures looks the same.';

export const builderOrphaned: Check = {
  id: 'builder-orphaned',
  severity: 'note',
  title: 'A builder that no master configures',
  meaning: likely,
  find: ({ cluster }) => orphans('builder', 'builders', cluster.builders.filter(isOrphanedBuilder).map((builder) => builder.name)), // prettier-ignore
};

export const workerOrphaned: Check = {
  id: 'worker-orphaned',
  severity: 'note',
  title: 'A worker that no master configures and none is connected to',
  meaning: `${likely} "bbctl workers forget" removes it; its builds stay.`,
  find: ({ cluster }) => orphans('worker', 'workers', cluster.workers.filter(isOrphanedWorker).map((worker) => worker.name)), // prettier-ignore
};
