import type { ShutDownPorts } from '../drain/shut-down.js';
import type { OnDeadline } from '../drain/events.js';
import type { Target } from '../drain/targets.js';
import { targetsOf } from '../drain/targets.js';
import { Failure } from '../errors.js';
import type { DrainFacts } from '../model/drain.js';
import type { Inventory } from '../model/inventory.js';
import type { EmitUpgrade, UpgradeReport } from './events.js';
import type { Newcomer } from './newcomer.js';
import type { UpgradeInput } from './plan-upgrade.js';
import type { UpgradeWish } from './wish.js';

export interface UpgradeRequest {
  readonly old: readonly Target[];
  readonly start: readonly Newcomer[];
  readonly oneByOne: boolean;
  /** `null`: as long as it takes. */
  readonly deadlineMs: number | null;
  readonly onDeadline: OnDeadline;
  readonly force: boolean;
  /** Ends the watching, not the draining. */
  readonly signal: AbortSignal;
}

/** What the procedure needs of the world. */
export interface UpgradePorts extends Omit<ShutDownPorts, 'emit'> {
  readonly emit: EmitUpgrade;
}

/* PLUG IN HERE: the two functions below are all that the command knows of the procedure. */

/** What is known of the cluster before anything is asked of anybody. */
export interface KnownCluster {
  readonly facts: DrainFacts;
  readonly inventory: Inventory | null;
  /** A master.cfg may be run, to see what it configures. */
  readonly loadConfig: boolean;
}

/** Who is meant, and what is to be known before anything is touched; of `resume` and `abort` from the saved state. */
export function readUpgrade(wish: UpgradeWish, { facts, inventory }: KnownCluster): Promise<UpgradeInput> {
  const { drain, start, oneByOne, onDeadline, force } = wish;
  if (wish.mode !== 'begin' || start.length > 0) return Promise.reject(notYet());
  const old = targetsOf(drain, facts, inventory);
  return Promise.resolve({ facts, old, start: [], oneByOne, onDeadline, force, presence: new Map(), notWritable: null });
} // prettier-ignore

/** Emits the report, too. */
export function runUpgrade(request: UpgradeRequest, ports: UpgradePorts): Promise<UpgradeReport> {
  void [request, ports];
  return Promise.reject(notYet());
}

function notYet(): Failure {
  return new Failure('refused', 'The procedure is not there yet.');
}
