import { waitingBlocker } from '../../drain/blockers.js';
import type { Target } from '../../drain/targets.js';
import { builderName } from '../../model/cluster.js';
import type { DrainFacts } from '../../model/drain.js';
import { blocking } from './remark.js';
import type { Rule } from './remark.js';
import { isDraining } from './scene.js';
import type { Scene } from './scene.js';

/** A running build that waits for what nobody would build. One by one, the old masters that come later still do. */
export const waiting: Rule = (scene) => {
  const facts = butForLocal(scene);
  const blockers = scene.waves.map(({ old }, index) => {
    const draining = scene.waves.slice(0, index + 1).flatMap((wave) => buildbotsOf(wave.old));
    return waitingBlocker(onlyOf(facts, buildbotsOf(old)), draining);
  });
  return blocking(blockers.filter((one) => one !== null).slice(0, 1));
};

function buildbotsOf(old: readonly Target[]): number[] {
  const going = old.filter(({ kind, master }) => kind === 'buildbot' && master.state !== 'stopped');
  return going.map(({ master }) => master.id);
}

function onlyOf(facts: DrainFacts, masterIds: readonly number[]): DrainFacts {
  const builds = facts.cluster.builds.filter(({ masterId }) => masterIds.includes(masterId));
  const ids = new Set(builds.map(({ id }) => id));
  return { ...facts, awaited: facts.awaited.filter(({ buildId }) => ids.has(buildId)) };
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
