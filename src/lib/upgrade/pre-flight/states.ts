import { stateBlocker } from '../../drain/blockers.js';
import type { Target } from '../../drain/targets.js';
import { silence } from '../../model/drain.js';
import type { Master, MasterState } from '../../model/master.js';
import { printable, shellArgument } from '../../model/names.js';
import type { Newcomer } from '../newcomer.js';
import { blocker, blocking, warning } from './remark.js';
import type { Remark, Rule } from './remark.js';
import { isDraining, presenceOf } from './scene.js';
import type { Scene } from './scene.js';

/** Masters that are not in a state to be started or drained, and processes of which the database knows otherwise. */
export const states: Rule = (scene) => {
  const old = new Set(scene.leaving.map(({ master }) => master.name));
  const others = scene.newcomers.filter(({ name }) => !old.has(name));
  return [...scene.leaving.flatMap((one) => ofOld(scene, one)), ...others.flatMap((one) => ofNew(scene, one))];
};

function ofOld(scene: Scene, { master }: Target): Remark[] {
  const state = stateBlocker(master);
  if (isBuried(master) && presenceOf(scene, master.name) === 'running') return [heartStopped(master)];
  if (state) return blocking([state]);
  return processOf(scene, master);
}

function heartStopped({ name, state }: Master): Remark {
  return blocker(
    `The process of ${printable(name)} runs, though it is ${state} by the database: others may have taken its work over, and it goes on.`,
    `Stop its process; then "bbctl masters expire ${shellArgument(name)}".`,
  );
}

/** Of one that is active by the database. */
function processOf(scene: Scene, master: Master): Remark[] {
  const presence = presenceOf(scene, master.name);
  if (presence === 'gone') return [processGone(master)];
  const quiet = silence(master);
  return [
    ...(master.state === 'zombie' ? [warning(`${printable(master.name)} lives, but was expired by others: it holds nothing any more, and ends what it builds.`)] : []),
    ...(quiet === null ? [] : [warning(`${quiet} It may not do what it is asked.`)]),
    ...notAsked(presence, master.name),
  ];
} // prettier-ignore

function processGone({ name, state }: Master): Remark {
  const expire = `"bbctl masters expire ${shellArgument(name)}"`;
  const when = state === 'active' || state === 'zombie' ? `${expire} as soon as its heart is late (with --force) or it counts as dead` : `${expire} with --force`; // prettier-ignore
  return blocker(`The process of ${printable(name)} is gone, though the database has it active: it has died.`, `${when}; then run this again.`); // prettier-ignore
}

function notAsked(presence: ReturnType<typeof presenceOf>, name: string): Remark[] {
  if (presence === null || typeof presence === 'string') return [];
  return [warning(`Whether the process of ${printable(name)} runs is not known: ${printable(presence.error)}.`)];
}

function ofNew(scene: Scene, { name, master }: Newcomer): Remark[] {
  const presence = presenceOf(scene, name);
  const runs = presence === 'running';
  if (master === null || master.state === 'stopped') return runs ? [runsUnseen(name)] : notAsked(presence, name);
  if (runs && master.state === 'starting') return [runsUnseen(name)];
  if (runs && isBuried(master)) return [heartStopped(master)];
  const why = unready[master.state];
  if (why) return [blocker(`${printable(name)}, which is to be started, ${why[0]}.`, why[1](shellArgument(name)))];
  if (isDraining(master)) return [drains(name)];
  return processOf(scene, master);
}

function isBuried({ state }: Master): boolean {
  return state === 'dead' || state === 'unclean';
}

function runsUnseen(name: string): Remark {
  return blocker(
    `The process of ${printable(name)} runs already, though the database does not have it active: it is just starting, or does not reach this database.`,
    `Wait until "bbctl masters show ${shellArgument(name)}" says that it is active; else look into its log, and stop it.`,
  );
}

function drains(name: string): Remark {
  return blocker(`${printable(name)}, which is to be started, drains.`, `"bbctl masters drain ${shellArgument(name)} --cancel" takes that back; or wait until it has stopped, and run this again.`); // prettier-ignore
}

type Unready = readonly [why: string, way: (name: string) => string];

const unready: Partial<Record<MasterState, Unready>> = {
  dead: ['is dead, and not everything of it was put away', (name) => `bbctl masters expire ${name}`],
  unclean: ['is not active, but not everything of it was put away', (name) => `bbctl masters expire ${name}`],
  starting: ['is starting, or broke off while it did', (name) => `Wait until "bbctl masters show ${name}" says that it is active; if it never does, "bbctl masters expire ${name}".`],
  late: ['is late: whether it lives cannot be told', (name) => `Wait until "bbctl masters show ${name}" says that it is active, or dead.`],
  silent: ['is silent: whether it lives cannot be told', (name) => `Stop its process, and "bbctl masters expire --force ${name}".`],
  zombie: ['lives, but was expired by others: it would take nothing over', (name) => `Stop its process; "bbctl masters show ${name}" says when it is stopped.`],
}; // prettier-ignore
