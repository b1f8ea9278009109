/*
 * Forgets the row of a stopped master. The row takes all builds with it that name it, where foreign keys cascade: so
 * they become another master's first, in batches that undo gives back, and the row goes last, only when nothing names
 * it any more.
 */
import type { Cluster } from '../model/cluster.js';
import { serviceKey } from '../model/cluster-view.js';
import { findNamed, namedOnce } from '../model/find.js';
import { masterCertainty } from '../model/inventory.js';
import type { Inventory } from '../model/inventory.js';
import type { Master } from '../model/master.js';
import { count, list, printable, shellArgument } from '../model/names.js';
import type { RowSet } from '../model/rows.js';
import type { Database, Transaction } from '../db/connect.js';
import { forgetMaster as forget, historyOf, moveHistory, seen } from '../db/masters.js';
import type { SeenMaster } from '../db/masters.js';
import { countReferences, readBatches } from '../db/references.js';
import type { Batch, Reference } from '../db/references.js';
import { snapshot } from '../db/snapshot.js';
import { Failure } from '../errors.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';

export interface ForgetMasterInput {
  readonly master: string;
  /** Whose its builds are to be. */
  readonly reassignTo: string | null;
  readonly expireAfter: number;
  readonly inventory: Inventory | null;
  readonly force: boolean;
}

interface MoveHistoryStep extends Step {
  readonly kind: 'move history';
  readonly master: SeenMaster;
  readonly reference: Reference;
  readonly batch: Batch;
  readonly to: { readonly id: number; readonly name: string };
}

interface ForgetMasterRowStep extends Step {
  readonly kind: 'forget master';
  readonly master: SeenMaster;
}

export type ForgetMasterStep = MoveHistoryStep | ForgetMasterRowStep;

interface History {
  readonly reference: Reference;
  readonly noun: string;
  readonly batches: readonly Batch[];
}

export interface ForgottenWorld {
  readonly cluster: Cluster;
  /** `null`: it is gone meanwhile. */
  readonly master: Master | null;
  readonly heir: Master | null;
  readonly history: readonly History[];
}

export function forgetMaster(input: ForgetMasterInput): Operation<ForgottenWorld, ForgetMasterStep> {
  const find = namedOnce<Master>([input.master], 'master');
  return {
    name: 'masters forget',
    tables: [
      'masters',
      'builds',
      'buildrequest_claims',
      'builder_masters',
      'scheduler_masters',
      'changesource_masters',
      'connected_workers',
      'objects',
      'object_state',
    ],
    read: (database) => read(database, input, find),
    plan: (world) => planForget(world, input),
    describe,
    work,
  };
}

function read(
  database: Database,
  { expireAfter, reassignTo }: ForgetMasterInput,
  find: (masters: readonly Master[]) => Master[],
): Promise<ForgottenWorld> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter, deep: true });
    const master = find(cluster.masters)[0] ?? null;
    const heir = reassignTo === null ? null : (findNamed(cluster.masters, reassignTo, 'master')[0] ?? null);
    return { cluster, master, heir, history: master ? await readHistory(tx, master) : [] };
  });
}

async function readHistory(tx: Transaction, master: Master): Promise<History[]> {
  const { builds, claims } = historyOf(master);
  return [
    { reference: builds, noun: 'build', batches: await readBatches(tx, builds) },
    { reference: claims, noun: 'claim of a finished request', batches: await readBatches(tx, claims) },
  ];
}

function counted({ noun, batches }: History): string {
  const plural = noun.replace(/^(\w+)/, '$1s').replace('a finished request', 'finished requests');
  return count(countReferences(batches), noun, plural);
}

function describe(step: ForgetMasterStep): string {
  const name = printable(step.master.name);
  if (step.kind === 'forget master') return `forget master ${name}`;
  const noun = step.reference.table === 'builds' ? 'build' : 'claim';
  return `move ${count(step.batch.rows, noun)} of ${name} to ${printable(step.to.name)}`;
}

function work(tx: Transaction, step: ForgetMasterStep): Promise<RowSet[]> {
  if (step.kind === 'forget master') return forget(tx, step.master);
  return moveHistory(tx, step.master, step.reference, step.batch, step.to.id);
}

export function planForget(world: ForgottenWorld, input: ForgetMasterInput): Plan<ForgetMasterStep> {
  const { master, heir } = world;
  verifyAnother(master, heir);
  const certainty = master && masterCertainty(input.inventory, master.name);
  return {
    title: `Forget master ${printable(master?.name ?? input.master)}`,
    steps: master ? stepsFor(master, world) : [],
    notes: master ? pinNotes(master, world.cluster) : [],
    warnings: [],
    blockers: master
      ? [...stateBlockers(master), ...historyBlockers(master, world), ...certaintyBlockers(master, certainty, input)]
      : [],
    secondLook: null,
    ...(master && certainty === 'likely' ? { typed: master.name } : {}),
  };
}

function stepsFor(master: Master, { heir, history }: ForgottenWorld): ForgetMasterStep[] {
  const common = { subject: `master ${master.id}`, master: seen(master) };
  const moves = history.flatMap((part): ForgetMasterStep[] => {
    if (!heir) return [];
    const to = { id: heir.id, name: heir.name };
    const group = `move ${counted(part)} of ${printable(master.name)} to ${printable(heir.name)}`;
    return part.batches.map((batch) => ({ kind: 'move history', ...common, group, reference: part.reference, batch, to })); // prettier-ignore
  });
  return [...moves, { kind: 'forget master', ...common }];
}

function pinNotes({ id, name }: Master, { pins, services }: Cluster): string[] {
  const kept = services.filter((service) => pins.get(serviceKey(service)) === id).map((service) => service.name);
  if (kept.length === 0) return [];
  const run = kept.length === 1 ? 'It runs' : 'They run';
  return [`${list(kept.map(printable), 5)} ${kept.length === 1 ? 'was' : 'were'} kept on ${printable(name)}. ${run} wherever there is room from now on.`]; // prettier-ignore
}

function refusal(message: string, way: string, override: Blocker['override'] = null): Blocker[] {
  return [{ message, try: way, override }];
}

function stateBlockers({ name, state }: Master): Blocker[] {
  if (state === 'stopped') return [];
  const way = state === 'dead' || state === 'unclean'
    ? `Clean up after it first: "bbctl masters expire ${shellArgument(name)}".`
    : 'Stop it first, if it is not to come back.'; // prettier-ignore
  return refusal(`Master ${printable(name)} is ${state}; only a stopped one can be forgotten.`, way);
}

function verifyAnother(master: Master | null, heir: Master | null): void {
  if (master === null || heir?.id !== master.id) return;
  throw new Failure('usage', `The builds of ${printable(master.name)} cannot be moved to itself.`, {
    try: 'Name another master with --reassign-to; see them with "bbctl masters".',
  });
}

function historyBlockers(master: Master, { heir, history }: ForgottenWorld): Blocker[] {
  const parts = history.filter(({ batches }) => batches.length > 0);
  if (heir || parts.length === 0) return [];
  return refusal(
    `Master ${printable(master.name)} has ${parts.map(counted).join(' and ')}: they would be lost with its row.`,
    'Make them those of another master: --reassign-to MASTER.',
  );
}

function certaintyBlockers(
  { name }: Master,
  certainty: 'certain' | 'likely' | null,
  { inventory, force }: ForgetMasterInput,
): Blocker[] {
  if (certainty === null) {
    const way = `Take it out of ${inventory?.file} first, if it is really gone.`;
    return refusal(`Master ${printable(name)} is named in ${inventory?.file}: it is only stopped.`, way);
  }
  if (certainty === 'certain' || force) return [];
  return refusal(
    `It is not certain that master ${printable(name)} will not come back.`,
    'Name all masters in a cluster.yaml with "complete: true" and use --config; or use --force, and type the name.',
    '--force',
  );
}
