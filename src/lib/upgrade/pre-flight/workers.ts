import type { Builder } from '../../model/builder.js';
import type { Cluster } from '../../model/cluster.js';
import { list, printable } from '../../model/names.js';
import type { Worker } from '../../model/worker.js';
import type { Newcomer } from '../newcomer.js';
import { blocker, few, warning } from './remark.js';
import type { Remark, Rule } from './remark.js';
import { isThere } from './scene.js';
import type { Scene } from './scene.js';
import { crewAtTheEnd, takersOfBuilder } from './takers.js';

/** Builders that somebody would have, and nobody could build, or only once the old masters have let their workers go. */
export const workers: Rule = (scene) => {
  const crew = crewAtTheEnd(scene);
  const taken = scene.builders.filter((builder) => takersOfBuilder(builder, crew).known.length > 0);
  const waiting = taken.filter((builder) => workersFor(scene.cluster, builder).length > 0 && !isServedAtOnce(scene, builder)); // prettier-ignore
  const without = waiting.filter((builder) => !hasWorkers(scene, builder));
  const held = waiting.filter((builder) => hasWorkers(scene, builder) && isHeld(scene, builder));
  return [...(without.length > 0 ? [unserved(without)] : []), ...(held.length > 0 ? [waits(held, scene)] : [])];
};

function workersFor({ workers: all }: Cluster, { id }: Builder): Worker[] {
  return all.filter(({ builderIds }) => builderIds.includes(id));
}

function usable({ paused, graceful }: Worker): boolean {
  return !paused && !graceful;
}

/** By a worker that is connected to who stays, or that comes with a new master of bbctl's own. */
function isServedAtOnce({ cluster, staying, newcomers }: Scene, builder: Builder): boolean {
  const there = [...staying, ...newcomers.filter(isThere).map(({ master }) => master!)].map(({ id }) => id);
  const having = there.filter((id) => builder.masterIds.includes(id));
  const isLocal = (one: Newcomer): boolean => one.kind === 'bbctl' && !isThere(one) && ownWorkers(one, builder) > 0;
  const connected = workersFor(cluster, builder).filter(usable).flatMap(({ connectedTo }) => connectedTo);
  return newcomers.some(isLocal) || connected.some((id) => having.includes(id));
} // prettier-ignore

/** Configured by any who would have the builder. Of those of bbctl's own only what is connected builds for them. */
function hasWorkers({ cluster, staying, newcomers }: Scene, builder: Builder): boolean {
  const there = [...staying, ...newcomers.filter(isThere).map(({ master }) => master!)];
  const buildbots = there.filter(({ id, run }) => run === null && builder.masterIds.includes(id)).map(({ id }) => id);
  const configured = workersFor(cluster, builder).flatMap(({ masterIds }) => masterIds);
  const isUnknown = (one: Newcomer): boolean => !isThere(one) && one.configuration === null;
  return (
    configured.some((id) => buildbots.includes(id)) ||
    newcomers.some((one) => isUnknown(one) || (!isThere(one) && ownWorkers(one, builder) > 0))
  );
}

function ownWorkers({ configuration }: Newcomer, { name }: Builder): number {
  return configuration?.builders.get(name)?.length ?? 0;
}

/** All that could build it is connected to old Buildbot masters, which keep their workers until they exit. */
function isHeld(scene: Scene, builder: Builder): boolean {
  const ids = keepers(scene).map(({ id }) => id);
  const connected = workersFor(scene.cluster, builder).filter((worker) => usable(worker) && worker.connectedTo.length > 0); // prettier-ignore
  return connected.length > 0 && connected.every(({ connectedTo }) => connectedTo.every((id) => ids.includes(id)));
}

function keepers({ leaving }: Scene) {
  return leaving.filter(({ kind }) => kind === 'buildbot').map(({ master }) => master);
}

function unserved(builders: readonly Builder[]): Remark {
  return blocker(
    `No worker would build ${told(builders)}: those who would have ${builders.length === 1 ? 'it' : 'them'} configure none for ${builders.length === 1 ? 'it' : 'them'}.`,
    'Give the new masters workers for what they are to build, or use --force: requests would wait.',
    '--force',
  );
}

function waits(builders: readonly Builder[], scene: Scene): Remark {
  const who = keepers(scene).filter(({ id }) => builders.some(({ masterIds }) => masterIds.includes(id)));
  const names = list(who.map(({ name }) => printable(name)), few);
  return warning(`New requests for ${told(builders)} wait until ${names} ${who.length === 1 ? 'has' : 'have'} ended: a Buildbot master keeps its workers until then, and all of theirs are connected there. Give the new masters some from the start.`);
} // prettier-ignore

function told(builders: readonly Builder[]): string {
  return `the ${builders.length === 1 ? 'builder' : 'builders'} ${list(builders.map(({ name }) => printable(name)), few)}`; // prettier-ignore
}
