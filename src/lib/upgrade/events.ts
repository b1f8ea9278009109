import type { EndedBuild, ShutDownEvent } from '../drain/events.js';
import type { Way } from '../control/master-control.js';
import type { Ending } from '../model/drain.js';
import type { Span } from '../model/handover.js';
import type { ServiceKind } from '../model/service.js';
import type { Plan } from '../operation.js';
import type { UpgradeStep } from './plan-upgrade.js';

/** `hand over`: until every service of the old masters is held by a living one. */
export type Stage = 'start' | 'drain' | 'hand over' | 'prove';

/** What happens during an upgrade, in its order; `--json` prints one on each line. Times are epoch seconds by the database's clock. */
export type UpgradeEvent =
  | { readonly event: 'plan'; readonly plan: Plan<UpgradeStep>; readonly dryRun: boolean }
  /** One by one there are several waves, else one. */
  | { readonly event: 'stage'; readonly stage: Stage; readonly wave: number; readonly waves: number; readonly masters: readonly string[] }
  | { readonly event: 'started'; readonly master: string; readonly way: Way; readonly error: string | null }
  /** Each time that it changes: what is still missing until it counts as there. */
  | { readonly event: 'arriving'; readonly master: string; readonly waitsFor: string }
  | { readonly event: 'arrived'; readonly master: string; readonly seconds: number; readonly builders: number }
  /** Each time that it changes: services that no living master holds which stays, by name. */
  | { readonly event: 'unheld'; readonly services: readonly string[] }
  | { readonly event: 'moved'; readonly kind: ServiceKind; readonly service: string; readonly from: string; readonly to: string; readonly unheld: Span }
  /** What is known of the upgrade cannot be kept on disk for now. */
  | { readonly event: 'not saved'; readonly message: string }
  /** Of an abort: a drain that was taken back. */
  | { readonly event: 'taken back'; readonly master: string; readonly error: string | null }
  | Exclude<ShutDownEvent, { event: 'plan' } | { event: 'report' }>
  | { readonly event: 'report'; readonly report: UpgradeReport }; // prettier-ignore

export type EmitUpgrade = (event: UpgradeEvent) => void;

/**
 * `blocked`: it has stopped with a question, `why` and `ways` of the report. `deadline`: some old masters go on draining.
 * `lost contact`: the database was away when watching ended. `interrupted`: Ctrl-C.
 */
export type UpgradeStatus = 'nothing to do' | 'dry run' | 'done' | 'blocked' | 'deadline' | 'aborted' | 'lost contact' | 'interrupted'; // prettier-ignore

export interface UpgradeReport {
  readonly status: UpgradeStatus;
  /** What it stopped at; `null` where it did not. */
  readonly why: string | null;
  /** Commands and sentences: how to go on from here. */
  readonly ways: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly masters: readonly UpgradedMaster[];
  readonly services: readonly MovedService[];
  /** Of those that ran on old masters from the beginning on. */
  readonly builds: readonly (EndedBuild & { readonly master: string })[];
  /** How many of them ended as RETRY. */
  readonly retried: number;
  /** Workers of old masters, and where they are connected now. */
  readonly workers: readonly { readonly worker: string; readonly to: readonly string[] }[];
  /** Builders whose new requests waited while no master that starts builds had a worker for them. */
  readonly withoutWorker: readonly { readonly builder: string; readonly seconds: number }[];
  /** What the database says at the end: what should be and is not. Empty where all is well; `null`: it was not looked at. */
  readonly complaints: readonly string[] | null;
}

export interface UpgradedMaster {
  readonly name: string;
  readonly role: 'new' | 'old';
  /** Of a new one: `arrived`, `was there`, `not arrived`, `not started`; of an old one: how it ended, or that it did not. */
  readonly outcome: 'arrived' | 'was there' | 'not arrived' | 'not started' | Ending | 'running' | 'not asked' | 'taken back' | 'started again';
  /** It was killed by its control, and cleaned up after. */
  readonly killed: boolean;
  /** From when it was started or asked. */
  readonly seconds: number | null;
  readonly error: string | null;
} // prettier-ignore

export interface MovedService {
  readonly kind: ServiceKind;
  readonly name: string;
  readonly from: string;
  /** `null`: nobody holds it. */
  readonly to: string | null;
  readonly unheld: Span;
}
