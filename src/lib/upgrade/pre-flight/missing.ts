import { list, printable } from '../../model/names.js';
import { kindNames } from '../../model/service.js';
import type { Worker } from '../../model/worker.js';
import { blocker, few, warning } from './remark.js';
import type { Remark, Rule } from './remark.js';
import type { Scene } from './scene.js';
import { crewAtTheEnd, takersOfBuilder, takersOfService, takersOfWorker } from './takers.js';
import type { Takers } from './takers.js';

interface Thing {
  readonly noun: string;
  readonly name: string;
  readonly takers: Takers;
}

/** What old masters have that nobody would have after them, as far as can be told. */
export const missing: Rule = (scene) => {
  if (scene.leaving.length === 0) return [];
  if (scene.staying.length + scene.newcomers.length === 0) return [nobodyLeft];
  const things = thingsOf(scene).filter(({ takers }) => takers.known.length === 0);
  const gone = things.filter(({ noun, takers }) => noun !== 'worker' && takers.perhaps.length === 0);
  const workers = things.filter(({ noun, takers }) => noun === 'worker' && takers.perhaps.length === 0);
  const uncertain = things.filter(({ takers }) => takers.perhaps.length > 0);
  return [
    ...(gone.length > 0 ? [lost(gone)] : []),
    ...(workers.length > 0 ? [unemployed(workers)] : []),
    ...(uncertain.length > 0 ? [unsure(uncertain, scene)] : []),
  ];
};

const nobodyLeft = blocker(
  'No other master lives, and none is to be started: until one is, nothing is scheduled and nothing is built.',
  'Name with --start who comes after them, or use --force.',
  '--force',
);

function thingsOf(scene: Scene): Thing[] {
  const crew = crewAtTheEnd(scene);
  return [
    ...scene.services.map((service) => ({ noun: kindNames[service.kind], name: service.name, takers: takersOfService(service, crew) })),
    ...scene.builders.map((builder) => ({ noun: 'builder', name: builder.name, takers: takersOfBuilder(builder, crew) })),
    ...workersOf(scene).map((worker) => ({ noun: 'worker', name: worker.name, takers: takersOfWorker(worker, crew) })),
  ];
} // prettier-ignore

/** Of old Buildbot masters: those of bbctl's own have local ones, which are gone with them. */
function workersOf({ cluster, leaving }: Scene): Worker[] {
  const ids = leaving.filter(({ kind }) => kind === 'buildbot').map(({ master }) => master.id);
  return cluster.workers.filter(({ masterIds, connectedTo }) => ids.some((id) => masterIds.includes(id) || connectedTo.includes(id))); // prettier-ignore
}

function lost(things: readonly Thing[]): Remark {
  return blocker(
    `Nobody would have ${told(things)}: no new master configures ${things.length === 1 ? 'it' : 'them'}, and none that stays.`,
    'Add what is missing to the configuration of the new masters, name with --start another one that has it, or use --force if it is not needed any more.',
    '--force',
  );
}

/** Whether what is left of workers does for each builder another rule tells. */
function unemployed(workers: readonly Thing[]): Remark {
  return warning(`Nobody would have ${told(workers)}: no new master configures ${workers.length === 1 ? 'it' : 'them'}, and none that stays.`); // prettier-ignore
}

function unsure(things: readonly Thing[], { starting }: Scene): Remark {
  const who = [...new Set(things.flatMap(({ takers }) => takers.perhaps))];
  const canLoad = starting.some(({ configuration }) => configuration === null);
  const way = canLoad
    ? '--load-config lets the Buildbot of a new master tell, where its folder is on this machine.'
    : 'Look into their configuration.';
  return warning(`Nobody would have ${told(things)}, unless ${list(who, few)} ${who.length === 1 ? 'does' : 'do'}, which the database does not tell. ${way}`);
} // prettier-ignore

/** `the schedulers nightly, hourly; the builder tests` */
function told(things: readonly Thing[]): string {
  const nouns = [...new Set(things.map(({ noun }) => noun))];
  return nouns.map((noun) => {
    const names = things.filter((thing) => thing.noun === noun).map(({ name }) => printable(name));
    return `the ${noun}${names.length === 1 ? '' : 's'} ${list(names, few)}`;
  }).join('; '); // prettier-ignore
}
