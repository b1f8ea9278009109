/* Pure: what would be asked of which master, and what speaks against it. */
import { hostname } from 'node:os';
import type { Controlled } from '../control/master-control.js';
import { blockedSentence, leftOf } from '../model/drain.js';
import type { DrainFacts, Left } from '../model/drain.js';
import type { Control, ControlVerb } from '../model/inventory.js';
import { isLiving } from '../model/master.js';
import type { MasterState } from '../model/master.js';
import { count, list, printable, shellArgument } from '../model/names.js';
import type { Blocker, Plan, Step } from '../operation.js';
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
    blockers: [...running.flatMap((target) => blockersOf(target, input)), ...waitingBlocker(running, facts, input)],
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

/** Without arguments or what stands before the host: these may be secrets. */
function wordsOf(control: Control): string {
  if ('exec' in control) return `the command ${printable(control.exec[0] ?? '')}`;
  if ('http' in control) return `REST at ${new URL(control.http).origin}`;
  return `the signal ${printable(control.signal)} to the process of ${printable(control.pidFile)}`;
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

const untouchable: Partial<Record<MasterState, readonly [why: string, way: (name: string) => string]>> = {
  dead: ['is dead: nothing can be asked of it', (name) => `bbctl masters expire ${name}`],
  unclean: ['is not active, but not everything of it was put away', (name) => `bbctl masters expire ${name}`],
  starting: ['is starting', (name) => `Wait until "bbctl masters show ${name}" says that it is active.`],
};

function blockersOf({ master, key, kind, controlled }: Target, input: ShutDownInput): Blocker[] {
  const name = printable(master.name);
  const state = untouchable[master.state];
  if (state) return [{ message: `${name} ${state[0]}.`, try: state[1](shellArgument(master.name)), override: null }];
  const atDeadline = input.onDeadline === 'stop' || input.onDeadline === 'kill' ? [input.onDeadline] : [];
  const missing = [...new Set([input.verb, ...atDeadline])].filter((verb) => !controlled.control[verb]);
  if (missing.length > 0) return [{ message: `Nothing says how to ${list(missing)} ${name}.`, try: linesToAdd(master.name, key, kind, missing), override: null }]; // prettier-ignore
  return needsToken(controlled, [input.verb, ...atDeadline]) ? [withoutToken(name)] : [];
}

function needsToken({ control, tokenFile }: Controlled, verbs: readonly ControlVerb[]): boolean {
  return tokenFile === null && verbs.some((verb) => control[verb] && 'http' in control[verb]);
}

function withoutToken(name: string): Blocker {
  return {
    message: `${name} takes orders over REST only from who shows its token.`,
    try: 'Name its cluster.yaml with --config; it must have "tokenFile: FILE", for the master and for bbctl.',
    override: null,
  };
}

/** What a cluster.yaml should say, ready to be pasted. */
function linesToAdd(name: string, key: string, kind: Target['kind'], verbs: readonly ControlVerb[]): string {
  const settings = kind === 'buildbot' ? ['      kind: buildbot'] : [];
  return [
    'Add to its section in the cluster.yaml that --config names, as it fits:',
    '  masters:',
    `    ${printable(key)}:`,
    ...settings,
    `      name: ${printable(JSON.stringify(name))}`,
    ...(kind === 'bbctl' && !verbs.includes('kill') ? ['      listen: HOST:PORT'] : ['      control:', ...verbs.map((verb) => `        ${verb}: ${example(name, kind, verb)}`)]),
  ].join('\n');
} // prettier-ignore

const signals: Partial<Record<ControlVerb, string>> = { drain: 'USR1', stop: 'TERM', kill: 'KILL' };

function example(name: string, kind: Target['kind'], verb: ControlVerb): string {
  const [, host = 'HOST', folder = 'BASEDIR'] = /^([^:/\s]+):(\/.*)$/.exec(name) ?? [];
  const [place, base] = [printable(host), printable(folder)];
  if (place === hostname() || kind === 'bbctl') return `{signal: ${signals[verb]}, pidFile: ${base}/${kind === 'bbctl' ? 'master' : 'twistd'}.pid}`; // prettier-ignore
  if (verb === 'kill') return `{exec: [ssh, ${place}, pkill, -KILL, -F, ${base}/twistd.pid]}`;
  return `{exec: [ssh, ${place}, buildbot, stop, ${verb === 'drain' ? '--clean, ' : ''}--no-wait, ${base}]}`;
}

/** A Buildbot master that drains starts nothing any more, also not what its own builds wait for. */
function waitingBlocker(running: readonly Target[], facts: DrainFacts, { verb, force }: ShutDownInput): Blocker[] {
  const draining = running.filter(({ kind }) => kind === 'buildbot').map(({ master }) => master.id);
  const sentence = verb === 'drain' && !force ? blockedSentence(facts, draining) : null;
  if (sentence === null) return [];
  return [{ message: `${sentence} The drain would never end.`, try: 'Wait until the request is built, start another master that has its builder, or use --force.', override: '--force' }]; // prettier-ignore
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
