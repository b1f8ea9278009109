/* Pure: what an upgrade would do, and everything that speaks against it. */
import type { Presence } from '../control/master-control.js';
import type { OnDeadline } from '../drain/events.js';
import type { Target } from '../drain/targets.js';
import type { DrainFacts, Left } from '../model/drain.js';
import { printable } from '../model/names.js';
import type { Plan, Step } from '../operation.js';
import { emptyPlan } from '../operation.js';
import type { Newcomer } from './newcomer.js';

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

/** `there`: it runs already. `watch`: it drains already. `gone`: it has stopped already. */
export interface UpgradeStep extends Step {
  readonly kind: 'start' | 'there' | 'drain' | 'watch' | 'gone';
  readonly wave: number;
  readonly master: string;
  /** How it is asked, in words without secrets. */
  readonly by: string;
  /** Of an old one. */
  readonly left: Left | null;
}

export function planUpgrade(input: UpgradeInput): Plan<UpgradeStep> {
  void input;
  return emptyPlan('');
}

/** A line of the plan. */
export function describeUpgradeStep({ kind, master, by }: UpgradeStep): string {
  return `${printable(master)}: ${kind}${by === '' ? '' : `, by ${by}`}`;
}
