import { isOrphanedBuilder } from '../../model/builder.js';
import type { LastBuild } from '../../model/builder.js';
import { masterName, masterOf } from '../../model/cluster.js';
import type { Cluster } from '../../model/cluster.js';
import { builderCertainty, orphaned } from '../../model/inventory.js';
import type { Inventory, Orphaned } from '../../model/inventory.js';
import type { Column } from '../list.js';
import { ago, orphanhood } from '../format.js';
import { colour } from '../terminal.js';

/** A builder as `--json` prints it. */
export interface BuilderRow {
  readonly id: number;
  readonly name: string;
  readonly masters: readonly string[];
  readonly workers: readonly string[];
  readonly pending: number;
  readonly running: number;
  /** Where no master configures it. `likely`: but a stopped master's builders look just the same; `certain` or `missing` by the inventory. */
  readonly orphaned: Orphaned;
  /** For an orphan: the master that built on it last, its state, and when; epoch seconds. */
  readonly lastBuiltBy: string | null;
  readonly lastBuiltByState: string | null;
  readonly lastBuiltAt: number | null;
  /** Seconds since then. */
  readonly lastBuiltAgo: number | null;
}

export function builderRows(
  cluster: Cluster,
  lastBuilds: ReadonlyMap<number, LastBuild>,
  inventory: Inventory | null = null,
): BuilderRow[] {
  return cluster.builders.map((builder) => {
    const last = lastBuilds.get(builder.id);
    return {
      id: builder.id,
      name: builder.name,
      masters: builder.masterIds.map((id) => masterName(cluster, id)),
      workers: cluster.workers.filter((worker) => worker.builderIds.includes(builder.id)).map((worker) => worker.name),
      pending: cluster.queues.find((queue) => queue.builderId === builder.id)?.length ?? 0,
      running: cluster.builds.filter((build) => build.builderId === builder.id).length,
      orphaned: orphaned(isOrphanedBuilder(builder), builderCertainty(inventory, builder.name)),
      lastBuiltBy: last ? masterName(cluster, last.masterId) : null,
      lastBuiltByState: last ? (masterOf(cluster, last.masterId)?.state ?? 'gone') : null,
      lastBuiltAt: last?.startedAt ?? null,
      lastBuiltAgo: last ? cluster.now - last.startedAt : null,
    };
  });
}

export const builderColumns: readonly Column<BuilderRow>[] = [
  { name: 'id', align: 'right' },
  { name: 'name' },
  { name: 'masters' },
  { name: 'workers' },
  { name: 'pending', align: 'right' },
  { name: 'running', align: 'right' },
  { name: 'orphaned', format: orphanhood, colour: (word) => (word.startsWith('no') ? word : colour.yellow(word)) },
  { name: 'lastBuiltBy', hidden: true },
  { name: 'lastBuiltByState', hidden: true },
  { name: 'lastBuiltAt', hidden: true },
  { name: 'lastBuiltAgo', hidden: true, format: (seconds: number | null) => (seconds === null ? '-' : ago(seconds)) },
];

/** Whose it may be is what matters of an orphan. */
export const orphanColumns: readonly Column<BuilderRow>[] = builderColumns.map((column) => ({
  ...column,
  hidden: !['id', 'name', 'pending', 'orphaned', 'lastBuiltBy', 'lastBuiltByState', 'lastBuiltAgo'].includes(
    column.name,
  ),
}));
