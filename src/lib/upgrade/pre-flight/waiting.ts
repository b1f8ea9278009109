import { waitingBlocker } from '../../drain/blockers.js';
import { builderName } from '../../model/cluster.js';
import type { DrainFacts } from '../../model/drain.js';
import { blocking } from './remark.js';
import type { Rule } from './remark.js';
import { isDraining } from './scene.js';
import type { Scene } from './scene.js';

/** A running build that waits for what nobody would build; one by one, already while the others are there. */
export const waiting: Rule = (scene) => {
  const facts = butForLocal(scene);
  const blockers = scene.waves.map((_, index) => waitingBlocker(facts, drainingBy(scene, index)));
  return blocking(blockers.filter((one) => one !== null).slice(0, 1));
};

function drainingBy({ waves }: Scene, index: number): number[] {
  const old = waves.slice(0, index + 1).flatMap((wave) => wave.old);
  const going = old.filter(({ kind, master }) => kind === 'buildbot' && master.state !== 'stopped');
  return going.map(({ master }) => master.id);
}

/** New masters of bbctl's own bring workers with them; those of Buildbot may wait for the same. */
function butForLocal({ input, cluster, newcomers }: Scene): DrainFacts {
  const own = newcomers.filter(({ kind, master }) => kind === 'bbctl' && !(master && isDraining(master)));
  const isBuilt = (name: string): boolean => own.some(({ configuration }) => (configuration?.builders.get(name)?.length ?? 0) > 0); // prettier-ignore
  return {
    ...input.facts,
    awaited: input.facts.awaited.filter(({ builderId }) => !isBuilt(builderName(cluster, builderId))),
  };
}
