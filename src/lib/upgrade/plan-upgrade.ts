/* Pure: what an upgrade would do, and everything that speaks against it. */
import type { Presence } from '../control/master-control.js';
import type { OnDeadline } from '../drain/events.js';
import type { Target } from '../drain/targets.js';
import { leftOf } from '../model/drain.js';
import type { DrainFacts, Left } from '../model/drain.js';
import { list, printable } from '../model/names.js';
import type { Blocker, Plan, Step } from '../operation.js';
import { wordsOf } from '../drain/blockers.js';
import type { Newcomer } from './newcomer.js';
import { capacity } from './pre-flight/capacity.js';
import { controls } from './pre-flight/controls.js';
import { clocks, writable } from './pre-flight/database.js';
import { holdings } from './pre-flight/holdings.js';
import { missing } from './pre-flight/missing.js';
import { names } from './pre-flight/names.js';
import { others } from './pre-flight/others.js';
import { few, warning } from './pre-flight/remark.js';
import type { Remark, Rule } from './pre-flight/remark.js';
import { hasToStart, isDraining, sceneOf } from './pre-flight/scene.js';
import type { Scene } from './pre-flight/scene.js';
import { schema } from './pre-flight/schema.js';
import { states } from './pre-flight/states.js';
import { waiting } from './pre-flight/waiting.js';
import { workers } from './pre-flight/workers.js';

export interface UpgradeInput {
  readonly facts: DrainFacts;
  readonly old: readonly Target[];
  readonly start: readonly Newcomer[];
  readonly oneByOne: boolean;
  readonly onDeadline: OnDeadline;
  readonly force: boolean;
  /** By name: what the control of old and new masters says of their processes; `Failure`'s message where it could not be asked. */
  readonly presence: ReadonlyMap<string, Presence | { readonly error: string }>;
  /** Why the database cannot be written by this user; `null`: it can. */
  readonly notWritable: string | null;
}

/**
 * `there`: it runs already. `watch`: it drains already. `gone`: it has stopped already. Of an abort, `take back`: its drain;
 * `again`: it drains to its end, and is started again.
 */
export interface UpgradeStep extends Step {
  readonly kind: 'start' | 'there' | 'drain' | 'watch' | 'gone' | 'take back' | 'again';
  /** From 1 on. */
  readonly wave: number;
  readonly master: string;
  /** How it is asked, in words without secrets. */
  readonly by: string;
  /** Of an old one. */
  readonly left: Left | null;
}

/** What would be started and drained, wave by wave, and what speaks against it, the weightiest first. */
export function planUpgrade(input: UpgradeInput): Plan<UpgradeStep> {
  const scene = sceneOf(input);
  const remarks = rules.flatMap((rule) => rule(scene)).map((remark) => forced(remark, input.force));
  const messages = (kind: 'note' | 'warning'): string[] => remarks.filter((one) => one.kind === kind).map(({ message }) => message); // prettier-ignore
  return {
    title: titleOf(scene),
    steps: stepsOf(scene),
    notes: [...wavesNote(scene), ...messages('note')],
    warnings: messages('warning'),
    blockers: remarks.flatMap((one) => (one.kind === 'blocker' ? [asBlocker(one)] : [])),
    secondLook: null,
  };
}

/** By weight. */
const rules: readonly Rule[] = [
  writable, names, states, schema, controls, missing, workers, others, waiting, capacity, holdings, clocks,
]; // prettier-ignore

/** What is overridden is told all the same. */
function forced(remark: Remark, force: boolean): Remark {
  return force && remark.kind === 'blocker' && remark.override === '--force' ? warning(remark.message) : remark;
}

function asBlocker({ message, try: way, override }: Blocker): Blocker {
  return { message, try: way, override };
}

function titleOf({ starting, leaving }: Scene): string {
  const told = (verb: string, all: readonly string[]): string[] => all.length === 0 ? [] : [`${verb} ${list(all.map(printable), few)}`]; // prettier-ignore
  const parts = [...told('start', starting.map(({ name }) => name)), ...told('drain', leaving.map(({ master }) => master.name))]; // prettier-ignore
  return parts.length === 0 ? 'Upgrade' : `Upgrade: ${parts.join(', then ')}`;
}

function wavesNote({ waves }: Scene): string[] {
  return waves.length > 1 ? [`One by one, in ${waves.length} waves: the next begins when all that the old master held is held by another.`] : []; // prettier-ignore
}

function stepsOf({ input, waves }: Scene): UpgradeStep[] {
  return waves.flatMap(({ start, old }, index) => [
    ...start.map((newcomer) => startStep(newcomer, index + 1)),
    ...old.map((target) => drainStep(target, index + 1, input.facts)),
  ]);
}

function startStep(newcomer: Newcomer, wave: number): UpgradeStep {
  const { name, controlled } = newcomer;
  const kind = hasToStart(newcomer) ? 'start' : 'there';
  const control = controlled.control.start;
  return { kind, subject: `master ${name}`, wave, master: name, by: kind === 'start' && control ? wordsOf(control) : 'nothing', left: null }; // prettier-ignore
}

function drainStep({ master, controlled }: Target, wave: number, facts: DrainFacts): UpgradeStep {
  const kind = master.state === 'stopped' ? 'gone' : isDraining(master) ? 'watch' : 'drain';
  const control = controlled.control.drain;
  const by = kind === 'drain' && control ? wordsOf(control) : 'nothing';
  return { kind, subject: `master ${master.name}`, wave, master: master.name, by, left: leftOf(facts, master) };
}
