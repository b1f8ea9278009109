import type { Way } from '../control/master-control.js';
import type { Ending, Left, TroubleKind } from '../model/drain.js';
import type { Plan } from '../operation.js';
import type { ShutDownStep } from './plan-shut-down.js';

export type ShutDownVerb = 'drain' | 'stop';

export const onDeadlines = ['fail', 'wait', 'stop', 'kill'] as const;
export type OnDeadline = (typeof onDeadlines)[number];

/** What happens while masters shut down, in its order; `--json` prints one on each line. */
export type ShutDownEvent =
  | { readonly event: 'plan'; readonly plan: Plan<ShutDownStep>; readonly dryRun: boolean }
  | { readonly event: 'asked'; readonly master: string; readonly verb: 'drain' | 'stop' | 'kill'; readonly way: Way; readonly error: string | null }
  /** `at` is epoch seconds by the database's clock; all that have not ended. */
  | { readonly event: 'progress'; readonly at: number; readonly masters: readonly Left[] }
  | { readonly event: 'trouble'; readonly master: string; readonly kind: TroubleKind | 'alive'; readonly message: string }
  /** The database cannot be read; it is tried again. */
  | { readonly event: 'lost contact'; readonly message: string }
  | { readonly event: 'contact' }
  | { readonly event: 'deadline'; readonly masters: readonly string[]; readonly then: OnDeadline }
  | { readonly event: 'gone'; readonly master: string; readonly message: string }
  /** `advice`: who will notice what was released, and how to make it sooner. */
  | { readonly event: 'expired'; readonly master: string; readonly journal: number | null; readonly advice: readonly string[] }
  | { readonly event: 'ended'; readonly master: string; readonly ending: Ending }
  | { readonly event: 'report'; readonly report: ShutDownReport }; // prettier-ignore

export type Emit = (event: ShutDownEvent) => void;

export type ShutDownStatus = 'nothing to do' | 'dry run' | 'stopped' | 'deadline' | 'partly done' | 'interrupted';

export interface ShutDownReport {
  readonly status: ShutDownStatus;
  readonly masters: readonly MasterReport[];
}

export interface MasterReport {
  readonly id: number;
  readonly name: string;
  /** `running`: it had not ended when watching did. `not asked`: what should tell it failed. */
  readonly ending: Ending | 'running' | 'not asked';
  readonly killed: boolean;
  /** From when it was asked. */
  readonly seconds: number;
  readonly error: string | null;
  /** Those that ran meanwhile. */
  readonly builds: readonly EndedBuild[];
}

export interface EndedBuild {
  readonly id: number;
  readonly builder: string;
  readonly number: number;
  /** A name of Buildbot's; `null`: it has not ended. */
  readonly results: string | null;
}
