/*
 * Forgets workers that nobody has any more. Their builds lose the name of their worker first, in batches whose rows the
 * journal keeps, so that undo gives it back to all of them; the row goes last, and only when no build refers to it.
 */
import type { Cluster } from '../model/cluster.js';
import { masterOf } from '../model/cluster.js';
import { namedOnce } from '../model/find.js';
import { workerCertainty } from '../model/inventory.js';
import type { Inventory } from '../model/inventory.js';
import { count, list, printable } from '../model/names.js';
import type { Worker } from '../model/worker.js';
import type { Database, Transaction } from '../db/connect.js';
import { countReferences, readBatches } from '../db/references.js';
import type { Batch } from '../db/references.js';
import { snapshot } from '../db/snapshot.js';
import { buildsOf, forgetWorker, readWorkerUse, unnameBuilds } from '../db/workers.js';
import type { SeenWorker, WorkerUse } from '../db/workers.js';
import type { RowSet } from '../model/rows.js';
import type { Blocker, Operation, Plan, Step } from '../operation.js';
import { leftoverBlockers, typedFor } from './leftovers.js';
import type { Leftover } from './leftovers.js';

export interface ForgetWorkersInput {
  readonly workers: readonly string[];
  readonly expireAfter: number;
  readonly inventory: Inventory | null;
  readonly force: boolean;
}

interface UnnameBuildsStep extends Step {
  readonly kind: 'unname builds';
  readonly worker: SeenWorker;
  readonly batch: Batch;
}

interface ForgetWorkerStep extends Step {
  readonly kind: 'forget worker';
  readonly worker: SeenWorker;
}

export type ForgetWorkersStep = UnnameBuildsStep | ForgetWorkerStep;

export interface WorkersWorld {
  readonly cluster: Cluster;
  readonly named: readonly { readonly worker: Worker; readonly use: WorkerUse; readonly batches: readonly Batch[] }[];
}

export function forgetWorkers(input: ForgetWorkersInput): Operation<WorkersWorld, ForgetWorkersStep> {
  const find = namedOnce<Worker>(input.workers, 'worker');
  return {
    name: 'workers forget',
    tables: ['workers', 'builds', 'configured_workers', 'connected_workers', 'builder_masters', 'masters'],
    read: (database) => read(database, input.expireAfter, find),
    plan: (world) => planForget(world, input),
    describe,
    work,
  };
}

function read(
  database: Database,
  expireAfter: number,
  find: (workers: readonly Worker[]) => Worker[],
): Promise<WorkersWorld> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter });
    const named: WorkersWorld['named'][number][] = [];
    for (const worker of find(cluster.workers)) {
      named.push({ worker, use: await readWorkerUse(tx, worker), batches: await readBatches(tx, buildsOf(worker)) });
    }
    return { cluster, named };
  });
}

function describe(step: ForgetWorkersStep): string {
  const name = printable(step.worker.name);
  if (step.kind === 'forget worker') return `forget worker ${name}`;
  return `take the name of worker ${name} from ${count(step.batch.rows, 'build')}`;
}

function work(tx: Transaction, step: ForgetWorkersStep): Promise<RowSet[]> {
  return step.kind === 'forget worker' ? forgetWorker(tx, step.worker) : unnameBuilds(tx, step.worker, step.batch);
}

export function planForget(world: WorkersWorld, input: ForgetWorkersInput): Plan<ForgetWorkersStep> {
  const { cluster, named } = world;
  const things = named.map(({ worker, use }) => leftoverOf(worker, use, cluster));
  const certainties = named.map(({ worker }) => workerCertainty(input.inventory, worker.name));
  const typed = typedFor(things, certainties);
  return {
    title: `Forget ${count(named.length, 'worker')}`,
    steps: named.flatMap(({ worker, batches }) => stepsFor(worker, batches)),
    notes: [],
    warnings: [],
    blockers: things.flatMap((thing, index) => [
      ...openBlockers(thing, named[index]?.use.open ?? 0),
      ...leftoverBlockers(thing, {
        ...input,
        cluster,
        certainty: certainties[index] ?? null,
        file: input.inventory?.file ?? null,
      }),
    ]),
    secondLook: null,
    ...(typed === undefined ? {} : { typed }),
  };
}

function stepsFor({ id, name }: Worker, batches: readonly Batch[]): ForgetWorkersStep[] {
  const common = { subject: `worker ${id}`, worker: { id, name } };
  const builds = count(countReferences(batches), 'build');
  const group = `take the name of worker ${printable(name)} from ${builds}`;
  return [
    ...batches.map((batch) => ({ kind: 'unname builds' as const, ...common, group, batch })),
    { kind: 'forget worker' as const, ...common },
  ];
}

/** A connection to a master that has no row is none. */
function leftoverOf(worker: Worker, use: WorkerUse, cluster: Cluster): Leftover {
  const connected = worker.connectedTo.filter((id) => masterOf(cluster, id));
  return {
    noun: 'worker',
    name: worker.name,
    masterIds: [...new Set([...worker.masterIds, ...connected])],
    usedBy: use.masterIds,
  };
}

function openBlockers({ name, usedBy }: Leftover, open: number): Blocker[] {
  if (open === 0) return [];
  return [
    {
      message: `Worker ${printable(name)} still has ${count(open, 'open build')}, of master ${list(usedBy, 3)}.`,
      try: 'See "bbctl builds"; "bbctl builds finish" ends those that no living master will.',
      override: null,
    },
  ];
}
