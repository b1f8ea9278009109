import { groupBy } from '../model/group-by.js';
import type { Worker } from '../model/worker.js';
import type { BuilderMaster } from './builder-lists.js';
import type { Transaction } from './connect.js';

type Raw = Record<string, unknown>;

/** A worker is connected to a master, as far as that has said. */
export interface Connection {
  readonly id: number;
  readonly masterId: number;
  readonly workerId: number;
}

export async function readWorkers(
  tx: Transaction,
  builderMasters: readonly BuilderMaster[],
): Promise<{ workers: Worker[]; connections: Connection[] }> {
  const links = new Map(builderMasters.map((link) => [link.id, link]));
  const configured = groupBy(await tx.sql('configured_workers').select<Raw[]>('buildermasterid', 'workerid'), (row) =>
    Number(row['workerid']),
  );
  const connections = (await tx.sql('connected_workers').orderBy('id').select<Raw[]>('id', 'masterid', 'workerid')).map(
    (row) => ({
      id: Number(row['id']),
      masterId: Number(row['masterid']),
      workerId: Number(row['workerid']),
    }),
  );
  const connected = groupBy(connections, (connection) => connection.workerId);
  const switches = ['paused', 'graceful', 'pause_reason'].filter((column) => tx.schema.has('workers', column));
  const rows = await tx
    .sql('workers')
    .orderBy('id')
    .select<Raw[]>('id', 'name', ...switches);
  const workers = rows.map((row) => {
    const id = Number(row['id']);
    const on = (configured.get(id) ?? []).flatMap((one) => links.get(Number(one['buildermasterid'])) ?? []);
    return {
      id,
      name: String(row['name']),
      paused: Number(row['paused'] ?? 0) !== 0,
      pauseReason: pauseReasonOf(row),
      graceful: Number(row['graceful'] ?? 0) !== 0,
      builderIds: [...new Set(on.map((link) => link.builderId))],
      masterIds: [...new Set(on.map((link) => link.masterId))],
      connectedTo: (connected.get(id) ?? []).map((connection) => connection.masterId),
    };
  });
  return { workers, connections };
}

/** Buildbot may keep it after the worker was resumed. */
function pauseReasonOf(row: Raw): string | null {
  const reason = row['pause_reason'];
  return Number(row['paused'] ?? 0) !== 0 && typeof reason === 'string' && reason !== '' ? reason : null;
}
