import type { Builder } from '../../model/builder.js';
import type { Master } from '../../model/master.js';
import { printable } from '../../model/names.js';
import { offers } from '../../model/placement.js';
import { runsAnywhere } from '../../model/service.js';
import type { Service } from '../../model/service.js';
import type { Worker } from '../../model/worker.js';
import type { Newcomer } from '../newcomer.js';
import { isThere } from './scene.js';
import type { Scene } from './scene.js';

/** Those who would be there. */
export interface Crew {
  readonly masters: readonly Master[];
  readonly newcomers: readonly Newcomer[];
}

/** Names, as they are shown: who has a thing, and of whom nobody can say. */
export interface Takers {
  readonly known: readonly string[];
  readonly perhaps: readonly string[];
}

type Answer = 'yes' | 'no' | 'perhaps';

export function crewAtTheEnd({ staying, newcomers }: Scene): Crew {
  return { masters: staying, newcomers };
}

export function takersOfService(service: Service, crew: Crew): Takers {
  return ask(crew, (master) => runsService(master, service), (newcomer) => configuresService(newcomer, service)); // prettier-ignore
}

export function takersOfBuilder({ name, masterIds }: Builder, crew: Crew): Takers {
  const registers = (id: number): Answer => (masterIds.includes(id) ? 'yes' : 'no');
  return ask(crew, ({ id }) => registers(id), (newcomer) => {
    if (isThere(newcomer)) return registers(newcomer.master!.id);
    return answer(newcomer.configuration?.builders.has(name));
  }); // prettier-ignore
}

export function takersOfWorker({ name, masterIds }: Worker, crew: Crew): Takers {
  const registers = (id: number): Answer => (masterIds.includes(id) ? 'yes' : 'no');
  return ask(crew, ({ id }) => registers(id), (newcomer) => {
    if (isThere(newcomer)) return registers(newcomer.master!.id);
    return answer(newcomer.configuration?.workers.has(name));
  }); // prettier-ignore
}

/** Buildbot tells nobody which services it would run. */
function runsService(master: Master, service: Service): Answer {
  if (master.run === null) return 'perhaps';
  if (offers(master, service)) return 'yes';
  return runsAnywhere(service) ? 'perhaps' : 'no';
}

/** What one that runs has published goes over what it is meant to configure. */
function configuresService(newcomer: Newcomer, service: Service): Answer {
  const { configuration, master } = newcomer;
  const { kind, name } = service;
  if (isThere(newcomer) && master?.run && !runsAnywhere(service)) return runsService(master, service);
  return answer((kind === 'scheduler' ? configuration?.schedulers : configuration?.changeSources)?.has(name));
}

function answer(has: boolean | undefined): Answer {
  if (has === undefined) return 'perhaps';
  return has ? 'yes' : 'no';
}

function ask({ masters, newcomers }: Crew, ofMaster: (master: Master) => Answer, ofNew: (newcomer: Newcomer) => Answer): Takers {
  const answers = [
    ...newcomers.map((one) => [`${printable(one.name)} (new)`, ofNew(one)] as const),
    ...masters.map((one) => [printable(one.name), ofMaster(one)] as const),
  ];
  const those = (wanted: Answer): string[] => answers.filter(([, given]) => given === wanted).map(([name]) => name);
  return { known: those('yes'), perhaps: those('perhaps') };
} // prettier-ignore
