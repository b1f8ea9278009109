/* Why a master cannot be asked, and what would make that it can: for all that shuts masters down, or starts them. */
import { hostname } from 'node:os';
import type { Controlled } from '../control/master-control.js';
import { blockedSentence } from '../model/drain.js';
import type { DrainFacts } from '../model/drain.js';
import type { Control, ControlVerb, MasterKind } from '../model/inventory.js';
import type { Master, MasterState } from '../model/master.js';
import { list, printable, shellArgument } from '../model/names.js';
import type { Blocker } from '../operation.js';

/** Who is controlled, as far as it matters here. */
export interface Subject {
  readonly name: string;
  readonly controlled: Controlled;
}

/** Without arguments or what stands before the host: these may be secrets. */
export function wordsOf(control: Control): string {
  if ('exec' in control) return `the command ${printable(control.exec[0] ?? '')}`;
  if ('http' in control) return `REST at ${new URL(control.http).origin}`;
  return `the signal ${printable(control.signal)} to the process of ${printable(control.pidFile)}`;
}

const untouchable: Partial<Record<MasterState, readonly [why: string, way: (name: string) => string]>> = {
  dead: ['is dead: nothing can be asked of it', (name) => `bbctl masters expire ${name}`],
  unclean: ['is not active, but not everything of it was put away', (name) => `bbctl masters expire ${name}`],
  starting: ['is starting', (name) => `Wait until "bbctl masters show ${name}" says that it is active.`],
};

/** Why nothing can be asked of a master in this state; `null`: it can. */
export function stateBlocker({ name, state }: Pick<Master, 'name' | 'state'>): Blocker | null {
  const found = untouchable[state];
  if (!found) return null;
  const [why, way] = found;
  return { message: `${printable(name)} ${why}.`, try: way(shellArgument(name)), override: null };
}

/** What is missing for all of these, or for the orders over REST among them. */
export function controlBlockers({ name, controlled }: Subject, verbs: readonly ControlVerb[]): Blocker[] {
  const shown = printable(name);
  const missing = missingVerbs(controlled, verbs);
  if (missing.length > 0) return [{ message: `Nothing says how to ${list(missing)} ${shown}.`, try: linesToAdd(name, controlled, missing), override: null }]; // prettier-ignore
  return needsToken(controlled, verbs) ? [withoutToken(shown)] : [];
}

export function missingVerbs({ control }: Controlled, verbs: readonly ControlVerb[]): ControlVerb[] {
  return [...new Set(verbs)].filter((verb) => !control[verb]);
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
export function linesToAdd(
  name: string,
  { key, kind }: Pick<Controlled, 'key' | 'kind'>,
  verbs: readonly ControlVerb[],
): string {
  const settings = kind === 'buildbot' ? ['      kind: buildbot'] : [];
  const isRest = kind === 'bbctl' && verbs.every((verb) => verb === 'drain' || verb === 'stop');
  return [
    'Add to its section in the cluster.yaml that --config names, as it fits:',
    '  masters:',
    `    ${printable(key)}:`,
    ...settings,
    `      name: ${printable(JSON.stringify(name))}`,
    ...(isRest ? ['      listen: HOST:PORT'] : ['      control:', ...verbs.map((verb) => `        ${verb}: ${example(name, key, kind, verb)}`)]),
  ].join('\n');
} // prettier-ignore

const signals: Partial<Record<ControlVerb, string>> = { drain: 'USR1', stop: 'TERM', kill: 'KILL' };

function example(name: string, key: string, kind: MasterKind, verb: ControlVerb): string {
  const [, host = 'HOST', folder = 'BASEDIR'] = /^([^:/\s]+):(\/.*)$/.exec(name) ?? [];
  const [place, base] = [printable(host), printable(folder)];
  const remote = place === hostname() ? '' : `ssh, ${place}, `;
  if (verb === 'start') return kind === 'bbctl' ? `{exec: [${remote}systemctl, start, bbctl-${printable(key)}]}` : `{exec: [${remote}buildbot, start, ${base}]}`; // prettier-ignore
  if (remote === '' || kind === 'bbctl') return `{signal: ${signals[verb]}, pidFile: ${base}/${kind === 'bbctl' ? 'master' : 'twistd'}.pid}`; // prettier-ignore
  if (verb === 'kill') return `{exec: [ssh, ${place}, pkill, -KILL, -F, ${base}/twistd.pid]}`;
  return `{exec: [ssh, ${place}, buildbot, stop, ${verb === 'drain' ? '--clean, ' : ''}--no-wait, ${base}]}`;
}

/** `draining`: of Buildbot. Such a master starts nothing any more, also not what its own builds wait for. */
export function waitingBlocker(facts: DrainFacts, draining: readonly number[]): Blocker | null {
  const sentence = blockedSentence(facts, draining);
  if (sentence === null) return null;
  return { message: `${sentence} The drain would never end.`, try: 'Wait until the request is built, start another master that has its builder, or use --force.', override: '--force' }; // prettier-ignore
}
