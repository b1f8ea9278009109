import type { Row, RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { isReferredTo, redirect } from './references.js';
import type { Batch, Reference } from './references.js';
import { ChangedMeanwhile, lockRows, lockRowsToDelete } from './rows.js';

/** A worker as it was seen. */
export interface SeenWorker {
  readonly id: number;
  readonly name: string;
}

/** What is known of the builds of a worker; finished ones are many. */
export interface WorkerUse {
  /** Builds that have not ended. */
  readonly open: number;
  /** `masters.id`, the newest build first. */
  readonly masterIds: readonly number[];
}

type Raw = Record<string, unknown>;

export function buildsOf(worker: SeenWorker): Reference {
  return { table: 'builds', column: 'workerid', id: worker.id };
}

export async function readWorkerUse(tx: Transaction, worker: SeenWorker): Promise<WorkerUse> {
  const rows = await tx
    .sql('builds')
    .where('workerid', worker.id)
    .groupBy('masterid')
    .count({ rows: '*', ended: 'complete_at' })
    .max({ newest: 'id' })
    .select<Raw[]>('masterid');
  const byNewest = [...rows].sort((a, b) => Number(b['newest']) - Number(a['newest']));
  return {
    open: rows.reduce((sum, row) => sum + Number(row['rows']) - Number(row['ended']), 0),
    masterIds: byNewest.map((row) => Number(row['masterid'])),
  };
}

/** These builds were done by nobody in particular from now on, as when Buildbot's schema deletes the worker. */
export async function unnameBuilds(tx: Transaction, worker: SeenWorker, batch: Batch): Promise<RowSet[]> {
  await verifyUnused(tx, worker, lockRows);
  return redirect(tx, buildsOf(worker), batch, null);
}

/** The row, and what refers to it in the name of a master that has no row; nothing where it is gone already. */
export async function forgetWorker(tx: Transaction, worker: SeenWorker): Promise<RowSet[]> {
  const { row, dangling } = await verifyUnused(tx, worker, lockRowsToDelete);
  if (row === undefined) return [];
  if (await isReferredTo(tx, buildsOf(worker))) throw new ChangedMeanwhile(`builds name worker ${worker.name} again`);
  return [...dangling, { kind: 'delete', table: 'workers', rows: [row] }];
}

interface Unused {
  readonly row: Row | undefined;
  readonly dangling: readonly RowSet[];
}

async function verifyUnused(tx: Transaction, { id, name }: SeenWorker, lock: typeof lockRows): Promise<Unused> {
  const [row] = await lock(tx, 'workers', 'id', [id]);
  if (row !== undefined && row['name'] !== name) throw new ChangedMeanwhile(`worker ${id} is ${row['name']} by now`);
  const dangling: RowSet[] = [];
  for (const table of ['configured_workers', 'connected_workers']) {
    const rows = await lockRows(tx, table, 'workerid', [id]);
    if (await hasMaster(tx, table, id)) throw new ChangedMeanwhile(`a master has worker ${name} again`);
    dangling.push({ kind: 'delete', table, rows });
  }
  return { row, dangling };
}

/** Rows can outlive their master where nothing cascades. Without aliases: LOCK TABLES knows none. */
async function hasMaster(tx: Transaction, table: string, workerId: number): Promise<boolean> {
  const links = tx.sql(table).where(`${table}.workerid`, workerId);
  const named =
    table === 'connected_workers'
      ? links.join('masters', 'masters.id', 'connected_workers.masterid')
      : links
          .join('builder_masters', 'builder_masters.id', 'configured_workers.buildermasterid')
          .join('masters', 'masters.id', 'builder_masters.masterid');
  const row = await named.first<Raw | undefined>(`${table}.id`);
  return row !== undefined;
}

/** Whether the columns are there: Buildbot has had them since 0.9.11 and 3.10. */
export function pauseColumns({ schema }: Transaction): readonly ('paused' | 'pause_reason')[] {
  return (['paused', 'pause_reason'] as const).filter((column) => schema.has('workers', column));
}

export async function setPaused(
  tx: Transaction,
  { id, name }: SeenWorker,
  paused: boolean,
  reason: string | null,
): Promise<RowSet[]> {
  const [row] = await lockRows(tx, 'workers', 'id', [id], pauseColumns(tx));
  if (row === undefined) throw new ChangedMeanwhile(`worker ${name} is gone`);
  const after = { paused: paused ? 1 : 0, ...('pause_reason' in row ? { pause_reason: reason } : {}) };
  return row['paused'] === after.paused ? [] : [{ kind: 'update', table: 'workers', keys: [id], before: row, after }];
}
