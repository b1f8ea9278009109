/*
 * One row: the name of a builder, and the hash by which masters look for it. They do so when they start and are
 * reconfigured, and keep the id: a master that configures the new name from then on goes on where the old one was.
 */
import { readUsedBy } from '../db/builder-history.js';
import { renameBuilder } from '../db/builders.js';
import type { SeenBuilder } from '../db/builders.js';
import type { Database } from '../db/connect.js';
import { snapshot } from '../db/snapshot.js';
import { Failure } from '../errors.js';
import type { Builder } from '../model/builder.js';
import type { Cluster } from '../model/cluster.js';
import { findNamed } from '../model/find.js';
import type { Certainty, Inventory } from '../model/inventory.js';
import { builderCertainty } from '../model/inventory.js';
import { printable, shellArgument } from '../model/names.js';
import { emptyPlan } from '../operation.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';
import { leftoverBlockers } from './leftovers.js';

export interface RenameBuilderInput {
  /** Its name or id. */
  readonly builder: string;
  readonly name: string;
  readonly expireAfter: number;
  readonly inventory: Inventory | null;
  readonly force: boolean;
}

export interface RenameBuilderStep extends Step {
  readonly kind: 'rename builder';
  readonly builder: SeenBuilder;
  readonly name: string;
}

export interface RenameWorld {
  readonly cluster: Cluster;
  readonly builder: Builder;
  /** `masters.id` of those that built it, the last one first. */
  readonly usedBy: readonly number[];
}

export function renameBuilderTo(input: RenameBuilderInput): Operation<RenameWorld, RenameBuilderStep> {
  // Once renamed it is not found by its name any more.
  let found: string | undefined;
  return {
    name: 'builders rename',
    tables: ['builders', 'builder_masters', 'masters'],
    read: async (database) => {
      const world = await readWorld(database, found ?? input.builder, input.expireAfter);
      found = String(world.builder.id);
      return world;
    },
    plan: (world) => planRename(world, input),
    describe: (step) => `rename builder ${printable(step.builder.name)} to ${printable(step.name)}`,
    work: (tx, step) => renameBuilder(tx, step.builder, step.name),
    advise: () => [
      `A master that configures ${printable(input.name)} from now on, when it starts or is reconfigured, goes on with this builder. Does its master.cfg say so already?`,
    ],
  };
}

function readWorld(database: Database, name: string, expireAfter: number): Promise<RenameWorld> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter });
    const builder = findBuilder(cluster, name);
    return { cluster, builder, usedBy: await readUsedBy(tx, builder.id) };
  });
}

/** By its name or id; names are unique. */
export function findBuilder(cluster: Cluster, name: string): Builder {
  return findNamed(cluster.builders, name, 'builder')[0] as Builder;
}

export function planRename(
  { cluster, builder, usedBy }: RenameWorld,
  input: RenameBuilderInput,
): Plan<RenameBuilderStep> {
  const { name, inventory, force } = input;
  verifyName(name);
  const title = `Rename builder ${printable(builder.name)} to ${printable(name)}`;
  if (builder.name === name)
    return { ...emptyPlan(title), notes: [`Builder ${builder.id} has the name ${printable(name)}.`] };
  const thing = { noun: 'builder', name: builder.name, masterIds: builder.masterIds, usedBy } as const;
  const certainty = renamedCertainty(inventory, builder.name, name);
  const rules = { cluster, certainty, file: inventory?.file ?? null, force, isUndoable: true };
  return {
    ...emptyPlan(title),
    steps: [{ kind: 'rename builder', subject: `builder ${builder.id}`, builder: { id: builder.id, name: builder.name }, name }],
    warnings: unnamed(inventory, name),
    blockers: takenBlocker(cluster, builder, name) ?? leftoverBlockers(thing, rules),
  }; // prettier-ignore
}

/** What Buildbot takes for the name of a builder. */
function verifyName(name: string): void {
  if (name === '') throw new Failure('usage', 'A builder needs a name.');
  if (name.startsWith('_')) throw new Failure('usage', `${printable(name)} cannot be the name of a builder: Buildbot takes none that starts with an underscore.`); // prettier-ignore
}

/** An inventory that names the new name and not the old one says that it was renamed, complete or not. */
export function renamedCertainty(inventory: Inventory | null, from: string, to: string): Certainty | null {
  const certainty = builderCertainty(inventory, from);
  return certainty === 'likely' && inventory?.builders.has(to) ? 'certain' : certainty;
}

function unnamed(inventory: Inventory | null, name: string): string[] {
  if (!inventory?.complete || inventory.builders.has(name)) return [];
  return [`${inventory.file} does not name ${printable(name)}, though it says that it names everything.`];
}

/** The way out is another command then, with conditions of its own. */
function takenBlocker(cluster: Cluster, { name: old }: Builder, name: string): Blocker[] | null {
  const taken = cluster.builders.find((builder) => builder.name === name);
  if (!taken) return null;
  return [
    {
      message: `There is a builder ${printable(name)} already (id ${taken.id}).`,
      try: `A master that was started with the new name has made it. To give it the history of ${printable(old)}: "bbctl builders merge ${shellArgument(old)} ${shellArgument(name)}".`,
      override: null,
    },
  ];
}
