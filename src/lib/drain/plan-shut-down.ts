/* Pure: what would be asked of which master, and what speaks against it. */
import { leftOf } from '../model/drain.js';
import type { DrainFacts, Left } from '../model/drain.js';
import { isLiving } from '../model/master.js';
import { count, list, printable, shellArgument } from '../model/names.js';
import type { Blocker, Plan, Step } from '../operation.js';
import { controlBlockers, stateBlocker, waitingBlocker, wordsOf } from './blockers.js';
import type { OnDeadline, ShutDownVerb } from './events.js';
import type { Target } from './targets.js';

export interface ShutDownInput {
  readonly verb: ShutDownVerb;
  readonly onDeadline: OnDeadline;
  readonly force: boolean;
}

/** `watch`: it drains already. */
export interface ShutDownStep extends Step {
  readonly kind: 'ask' | 'watch';
  readonly verb: ShutDownVerb;
  readonly masterId: number;
  readonly master: string;
  /** How it is asked, in words without secrets. */
  readonly by: string;
  readonly left: Left;
}

export function planShutDown(targets: readonly Target[], facts: DrainFacts, input: ShutDownInput): Plan<ShutDownStep> {
  const running = targets.filter(({ master }) => master.state !== 'stopped');
  const steps = running.map((target) => stepFor(target, facts, input));
  const typed = losesWork(running, input.verb);
  return {
    title: `${input.verb === 'drain' ? 'Drain' : 'Stop'} ${list(running.map(({ master }) => printable(master.name)), 3)}`,
    steps,
    notes: targets.filter(({ master }) => master.state === 'stopped').map(({ master }) => `${printable(master.name)} is stopped, and nothing is left of it.`),
    warnings: [...warnings(running, facts), ...(input.verb === 'stop' ? running.flatMap((target) => stopWarning(target)) : [])],
    blockers: [...running.flatMap((target) => blockersOf(target, input)), ...waiting(running, facts, input)],
    secondLook: null,
    ...(typed === null ? {} : { typed, isFinal: true as const }),
  };
} // prettier-ignore

function stepFor({ master, controlled }: Target, facts: DrainFacts, { verb }: ShutDownInput): ShutDownStep {
  const isDraining = verb === 'drain' && master.condition?.state === 'draining';
  const control = controlled.control[verb];
  return {
    kind: isDraining ? 'watch' : 'ask',
    subject: `master ${master.id}`,
    verb,
    masterId: master.id,
    master: master.name,
    by: control ? wordsOf(control) : 'nothing',
    left: leftOf(facts, master),
  };
}

/** A Buildbot master that builds is stopped only where somebody has read what that means, and typed its name. */
function losesWork(running: readonly Target[], verb: ShutDownVerb): string | null {
  const losing = running.filter(({ kind, master }) => verb === 'stop' && kind === 'buildbot' && master.has.openBuilds > 0); // prettier-ignore
  return losing.length === 0 ? null : losing.map(({ master }) => master.name).join(' ');
}

function stopWarning({ kind, master }: Target): string[] {
  const builds = master.has.openBuilds;
  if (builds === 0) return [];
  const name = printable(master.name);
  if (kind === 'bbctl') return [`${name}: ${count(builds, 'running build')} will end as RETRY, and be built again.`];
  return [`${name}: Buildbot may lose the work of ${count(builds, 'running build')}: builds of a stopped master have been seen to end as CANCELLED, with their requests complete, so that nobody builds them again. "bbctl masters drain ${shellArgument(master.name)}" lets them finish.`]; // prettier-ignore
}

function blockersOf({ master, controlled }: Target, input: ShutDownInput): Blocker[] {
  const state = stateBlocker(master);
  if (state) return [state];
  return controlBlockers({ name: master.name, controlled }, [input.verb, ...verbsAtDeadline(input.onDeadline)]);
}

export function verbsAtDeadline(onDeadline: OnDeadline): ('stop' | 'kill')[] {
  return onDeadline === 'stop' || onDeadline === 'kill' ? [onDeadline] : [];
}

function waiting(running: readonly Target[], facts: DrainFacts, { verb, force }: ShutDownInput): Blocker[] {
  const draining = running.filter(({ kind }) => kind === 'buildbot').map(({ master }) => master.id);
  const blocker = verb === 'drain' && !force ? waitingBlocker(facts, draining) : null;
  return blocker === null ? [] : [blocker];
}

/** Whom nobody would take over from. */
function warnings(running: readonly Target[], { cluster }: DrainFacts): string[] {
  const ids = new Set(running.map(({ master }) => master.id));
  const others = cluster.masters.filter((master) => isLiving(master) && !ids.has(master.id)).map(({ id }) => id);
  if (running.length > 0 && others.length === 0) return ['No other master lives: until one is started nothing is scheduled and nothing is built.']; // prettier-ignore
  const lonely = cluster.builders.filter(({ masterIds }) => masterIds.some((id) => ids.has(id)) && !masterIds.some((id) => others.includes(id))); // prettier-ignore
  if (lonely.length === 0) return [];
  return [`No other living master has the ${lonely.length === 1 ? 'builder' : 'builders'} ${list(lonely.map(({ name }) => printable(name)), 5)}: requests wait meanwhile.`]; // prettier-ignore
}
