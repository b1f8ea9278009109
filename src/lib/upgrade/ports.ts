import type { OnDeadline } from '../drain/events.js';
import type { ShutDownPorts } from '../drain/shut-down.js';
import type { Target } from '../drain/targets.js';
import type { BuildEnd } from '../model/build.js';
import type { Holders } from '../model/handover.js';
import type { EmitUpgrade } from './events.js';
import type { Newcomer } from './newcomer.js';
import type { SavedUpgrade } from './saved-upgrade.js';

export interface UpgradeRequest {
  readonly old: readonly Target[];
  readonly start: readonly Newcomer[];
  readonly oneByOne: boolean;
  /** `null`: none. For each time that masters are drained, from when they are asked. */
  readonly deadlineMs: number | null;
  readonly onDeadline: OnDeadline;
  /** Ends the watching, not what was asked for. */
  readonly signal: AbortSignal;
}

/** What the procedure needs of the world. What reads throws a `Failure` where the database is away. */
export interface UpgradePorts extends Omit<ShutDownPorts, 'emit'> {
  readHolders(): Promise<Holders>;
  /** Builds of these masters from this `builds.id` on. */
  readBuilds(masterIds: readonly number[], fromId: number): Promise<readonly BuildEnd[]>;
  /** Is this still the only upgrade of the cluster? */
  keepLock(): Promise<boolean>;
  /** Throws a `Failure` where it cannot be written. */
  save(saved: SavedUpgrade): void;
  readonly emit: EmitUpgrade;
}
