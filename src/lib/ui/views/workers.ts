import { builderName, masterName, masterOf } from '../../model/cluster.js';
import type { Cluster } from '../../model/cluster.js';
import { orphaned, workerCertainty } from '../../model/inventory.js';
import type { Inventory, Orphaned } from '../../model/inventory.js';
import { isOrphanedWorker } from '../../model/worker.js';
import { orphanhood } from '../format.js';
import type { Column } from '../list.js';
import { colour } from '../terminal.js';

/** A worker as `--json` prints it. */
export interface WorkerRow {
  readonly id: number;
  readonly name: string;
  readonly connectedTo: readonly string[];
  /** Of the masters it is said to be connected to; a dead one never says that it is not. */
  readonly connectedToStates: readonly string[];
  readonly masters: readonly string[];
  readonly builders: readonly string[];
  readonly paused: boolean;
  readonly pauseReason: string | null;
  readonly graceful: boolean;
  readonly orphaned: Orphaned;
}

export function workerRows(cluster: Cluster, inventory: Inventory | null = null): WorkerRow[] {
  return cluster.workers.map((worker) => ({
    id: worker.id,
    name: worker.name,
    connectedTo: worker.connectedTo.map((id) => masterName(cluster, id)),
    connectedToStates: worker.connectedTo.map((id) => masterOf(cluster, id)?.state ?? 'gone'),
    masters: worker.masterIds.map((id) => masterName(cluster, id)),
    builders: worker.builderIds.map((id) => builderName(cluster, id)),
    paused: worker.paused,
    pauseReason: worker.pauseReason,
    graceful: worker.graceful,
    orphaned: orphaned(isOrphanedWorker(worker), workerCertainty(inventory, worker.name)),
  }));
}

export const workerColumns: readonly Column<WorkerRow>[] = [
  { name: 'id', align: 'right' },
  { name: 'name' },
  { name: 'connectedTo' },
  { name: 'connectedToStates', header: 'STATE' },
  { name: 'builders' },
  { name: 'paused' },
  { name: 'orphaned', format: orphanhood, colour: (word) => (word.startsWith('no') ? word : colour.yellow(word)) },
  { name: 'masters', hidden: true },
  { name: 'pauseReason', hidden: true },
  { name: 'graceful', hidden: true },
];
