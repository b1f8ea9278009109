/*
 * One column: `workers.paused`, with its reason where there is a place for it. Masters that run read it only when the
 * worker's service starts there: what they do not know yet is said afterwards.
 */
import { masterOf } from '../model/cluster.js';
import type { Cluster } from '../model/cluster.js';
import { namedOnce } from '../model/find.js';
import { restAddress } from '../model/inventory.js';
import type { Inventory } from '../model/inventory.js';
import { isLiving } from '../model/master.js';
import type { Master } from '../model/master.js';
import { count, list, printable, shellWord } from '../model/names.js';
import type { Worker } from '../model/worker.js';
import { snapshot } from '../db/snapshot.js';
import { pauseColumns, setPaused } from '../db/workers.js';
import type { SeenWorker } from '../db/workers.js';
import { Failure } from '../errors.js';
import type { Operation, Plan, Step } from '../operation.js';

export interface PauseWorkersInput {
  readonly workers: readonly string[];
  readonly paused: boolean;
  /** Kept beside the worker since Buildbot 3.10. */
  readonly reason: string | null;
  readonly expireAfter: number;
  readonly inventory: Inventory | null;
}

export interface PauseWorkerStep extends Step {
  readonly kind: 'pause worker';
  readonly worker: SeenWorker;
  readonly paused: boolean;
  readonly reason: string | null;
}

export interface PausableWorld {
  readonly cluster: Cluster;
  readonly named: readonly Worker[];
}

export function pauseWorkers(input: PauseWorkersInput): Operation<PausableWorld, PauseWorkerStep> {
  const find = namedOnce<Worker>(input.workers, 'worker');
  const verb = input.paused ? 'pause' : 'resume';
  return {
    name: `workers ${verb}`,
    tables: ['workers'],
    read: (database) =>
      database.read(async (tx) => {
        if (!pauseColumns(tx).includes('paused')) throw noSwitch();
        const cluster = await snapshot(tx, database.location.label, { expireAfter: input.expireAfter });
        return { cluster, named: find(cluster.workers) };
      }),
    plan: (world) => planPause(world, input),
    describe: (step) => `${verb} worker ${printable(step.worker.name)}`,
    work: (tx, { worker, paused, reason }) => setPaused(tx, worker, paused, reason),
    advise: ({ cluster }, done) => advise(cluster, input.inventory, done),
  };
}

function noSwitch(): Failure {
  return new Failure('schema', 'Workers cannot be paused in this database: its Buildbot is older than 0.9.11.', {
    try: 'Stop the worker itself.',
  });
}

export function planPause({ named }: PausableWorld, { paused, reason }: PauseWorkersInput): Plan<PauseWorkerStep> {
  const chosen = named.filter((worker) => worker.paused !== paused);
  return {
    title: `${paused ? 'Pause' : 'Resume'} ${count(chosen.length, 'worker')}`,
    steps: chosen.map(({ id, name }) => ({
      kind: 'pause worker',
      subject: `worker ${id}`,
      worker: { id, name },
      paused,
      reason: paused ? reason : null,
    })),
    notes: named
      .filter((worker) => worker.paused === paused)
      .map((worker) => `Worker ${printable(worker.name)} is ${paused ? 'paused already' : 'not paused'}.`),
    warnings: [],
    blockers: [],
    secondLook: null,
  };
}

/**
 * Masters whose worker services have started do not read the column again. What could tell them over REST or a message
 * router would be called from here.
 */
function advise(cluster: Cluster, inventory: Inventory | null, done: readonly PauseWorkerStep[]): string[] {
  const ids = new Set(done.map((step) => step.worker.id));
  const method = done[0]?.paused ? 'pause' : 'unpause';
  const unaware = cluster.workers
    .filter((worker) => ids.has(worker.id))
    .flatMap((worker) => livingOf(cluster, worker).map((master) => ({ worker, master })));
  if (unaware.length === 0) return ['The next master that starts reads it.'];
  const names = [...new Set(unaware.map(({ master }) => printable(master.name)))];
  return [
    `${list(names, 4)} ${names.length === 1 ? 'runs and does' : 'run and do'} not know it yet: a master reads it only when it starts. To ${method} there at once, use its web interface, or REST:`,
    ...unaware.map(({ worker, master }) => `  ${restCommand(worker, restAddress(inventory, master.name), method)}`),
  ];
}

function livingOf(cluster: Cluster, worker: Worker): Master[] {
  const ids = new Set([...worker.masterIds, ...worker.connectedTo]);
  return [...ids].flatMap((id) => masterOf(cluster, id) ?? []).filter(isLiving);
}

function restCommand({ id }: Worker, address: string | null, method: string): string {
  const url = `${(address ?? 'http://MASTER').replace(/\/$/, '')}/api/v2/workers/${id}`;
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} });
  return `curl -H 'Content-Type: application/json' -d '${body}' ${shellWord(url)}`;
}
