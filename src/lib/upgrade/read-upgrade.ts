import { targetsOf } from '../drain/targets.js';
import type { DrainFacts } from '../model/drain.js';
import type { Inventory } from '../model/inventory.js';
import { newcomersOf } from './newcomers.js';
import type { Loaders } from './newcomers.js';
import { intentOf } from './intent.js';
import type { Intent } from './intent.js';
import type { UpgradeInput } from './plan-upgrade.js';
import { askPresence } from './presence.js';
import type { SavedUpgrade } from './saved-upgrade.js';
import type { UpgradeWish } from './wish.js';

/** What is known of the cluster before anything is asked of anybody. */
export interface KnownCluster {
  readonly facts: DrainFacts;
  readonly inventory: Inventory | null;
  readonly loaders: Loaders;
  /** Of the last upgrade. */
  readonly saved: SavedUpgrade | null;
  readonly notWritable: string | null;
}

export interface WantedUpgrade {
  readonly way: Intent['way'];
  readonly saved: SavedUpgrade | null;
  readonly input: UpgradeInput;
}

/** Who is meant, and what is to be known before anything is touched. Throws a `Failure` for what cannot be meant. */
export async function readUpgrade(wish: UpgradeWish, known: KnownCluster): Promise<WantedUpgrade> {
  const { facts, inventory, loaders, notWritable } = known;
  const { way, drain, start, saved } = intentOf(wish, known.saved);
  // Who has stopped may have been forgotten since.
  const words = way === 'new' ? drain : drain.filter((name) => facts.cluster.masters.some((one) => one.name === name));
  const old = targetsOf(words, facts, inventory);
  const newcomers = await newcomersOf(start, facts, inventory, loaders);
  const asked = [...old.map(({ master, controlled }) => ({ name: master.name, controlled })), ...newcomers];
  const presence = new Map(await Promise.all(asked.map(async ({ name, controlled }) => [name, await askPresence(controlled)] as const))); // prettier-ignore
  const { oneByOne } = saved ?? wish;
  return { way, saved, input: { facts, old, start: newcomers, oneByOne, onDeadline: wish.onDeadline, force: wish.force, presence, notWritable } }; // prettier-ignore
}
