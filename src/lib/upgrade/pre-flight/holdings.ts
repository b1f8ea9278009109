import { formatDuration } from '../../model/duration.js';
import { leftOf } from '../../model/drain.js';
import type { Left } from '../../model/drain.js';
import { groupBy } from '../../model/group-by.js';
import { count, list, printable } from '../../model/names.js';
import type { Target } from '../../drain/targets.js';
import { few, note } from './remark.js';
import type { Remark, Rule } from './remark.js';
import type { Scene } from './scene.js';
import { crewAtTheEnd, takersOfBuilder, takersOfService } from './takers.js';
import type { Takers } from './takers.js';

/** Who holds what, and who could take it over. */
export const holdings: Rule = (scene) => [
  ...scene.leaving.map((target) => note(ofOld(scene, target))),
  ...takeOvers(scene),
];

function ofOld({ input, cluster }: Scene, { master }: Target): string {
  const left = leftOf(input.facts, master);
  const builders = cluster.builders.filter(({ masterIds }) => masterIds.includes(master.id));
  const workers = cluster.workers.filter(({ connectedTo }) => connectedTo.includes(master.id));
  const parts = [
    part('holds the service', left.services),
    part('has the builder', builders.map(({ name }) => name)),
    part('has the worker', workers.map(({ name }) => name)),
    left.requests > 0 ? `has claimed ${count(left.requests, 'request')}` : '',
    runs(left),
  ].filter(Boolean); // prettier-ignore
  return `${printable(master.name)} (${master.state}) ${parts.length === 0 ? 'holds nothing' : parts.join(', ')}.`;
}

function part(what: string, names: readonly string[]): string {
  return names.length === 0 ? '' : `${what}${names.length === 1 ? '' : 's'} ${list(names.map(printable), few)}`;
}

function runs({ builds, secondsLeft, unknown }: Left): string {
  if (builds.length === 0) return '';
  const longest = Math.max(0, ...builds.map((build) => build.secondsLeft ?? 0));
  const eta = [
    ...(unknown < builds.length ? [`about ${formatDuration(longest)} to go`] : []),
    ...(secondsLeft === null ? [`for ${count(unknown, 'build')} it is not known how long`] : []),
  ];
  return `runs ${count(builds.length, 'build')} (${eta.join('; ')})`;
}

/** One line for all that the same masters have. */
function takeOvers(scene: Scene): Remark[] {
  const crew = crewAtTheEnd(scene);
  const services = scene.services.map((service) => ({ name: service.name, takers: takersOfService(service, crew) }));
  const builders = scene.builders.map((builder) => ({ name: builder.name, takers: takersOfBuilder(builder, crew) }));
  return [...byTakers('service', services), ...byTakers('builder', builders)];
}

function byTakers(noun: string, things: readonly { readonly name: string; readonly takers: Takers }[]): Remark[] {
  const known = things.filter(({ takers }) => takers.known.length > 0);
  return [...groupBy(known, ({ takers }) => list(takers.known, few))].map(([who, some]) =>
    note(`${noun === 'service' ? 'Could be held by' : 'Also configured by'} ${who}: ${part(`the ${noun}`, some.map(({ name }) => name))}.`),
  ); // prettier-ignore
}
