import type { Master } from '../model/master.js';
import type { Row, RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { unpinMaster } from './pins.js';
import { masterClass } from './published.js';
import { isReferredTo, redirect } from './references.js';
import type { Batch, Reference } from './references.js';
import { ChangedMeanwhile, lockRows, lockRowsToDelete } from './rows.js';

/** What was seen of a master when the plan was made. `null`: its row is gone. */
export interface SeenMaster {
  readonly id: number;
  readonly name: string;
  readonly row: { readonly active: number; readonly lastActive: number } | null;
  /** What it holds; read again only for inactive masters, which hold nothing or may be starting. */
  readonly schedulers: readonly number[];
  readonly changeSources: readonly number[];
  readonly builderMasters: readonly number[];
  readonly connectedWorkers: readonly number[];
}

export function seen(master: Master): SeenMaster {
  const { schedulers, changeSources, builderMasters, connectedWorkers } = master.has;
  const row = { active: master.active ? 1 : 0, lastActive: master.lastActive };
  return { id: master.id, name: master.name, row, schedulers, changeSources, builderMasters, connectedWorkers };
}

export function seenGone(id: number): SeenMaster {
  return {
    id,
    name: `master ${id}`,
    row: null,
    schedulers: [],
    changeSources: [],
    builderMasters: [],
    connectedWorkers: [],
  };
}

/**
 * Locks the master's row, so that a heartbeat waits, and throws where it is not as it was seen: it came back, was
 * expired by somebody else, or is just starting.
 */
export async function lockMaster(tx: Transaction, master: SeenMaster): Promise<void> {
  const [row] = await lockRows(tx, 'masters', 'id', [master.id], ['active', 'last_active']);
  const same =
    row === undefined
      ? master.row === null
      : row['active'] === master.row?.active && row['last_active'] === master.row?.lastActive;
  if (!same) throw new ChangedMeanwhile(`${master.name} has changed: ${describe(row)}`);
  if (row?.['active'] === 0) await verifyNotStarting(tx, master);
}

function describe(row: Row | undefined): string {
  if (row === undefined) return 'its row is gone';
  return row['active'] === 0 ? 'it is inactive now' : 'its heart beat again';
}

async function verifyNotStarting(tx: Transaction, master: SeenMaster): Promise<void> {
  const held = async (table: string, column: string): Promise<number[]> => {
    const rows = await tx.sql(table).where('masterid', master.id).select<Record<string, number>[]>(column);
    return rows.map((row) => Number(row[column]));
  };
  const now = [
    await held('scheduler_masters', 'schedulerid'),
    await held('changesource_masters', 'changesourceid'),
    await held('builder_masters', 'id'),
  ];
  const before = [master.schedulers, master.changeSources, master.builderMasters];
  if (!now.every((ids, index) => isSubset(ids, before[index] ?? []))) {
    throw new ChangedMeanwhile(`${master.name} has changed: it registers, so it is starting`);
  }
}

function isSubset(ids: readonly number[], of: readonly number[]): boolean {
  return ids.every((id) => of.includes(id));
}

/** Everything that a stopped master has not: connected workers, registrations, service claims, `active`. */
export async function deactivateMaster(tx: Transaction, master: SeenMaster): Promise<RowSet[]> {
  const mine = (row: Row): boolean => row['masterid'] === master.id;
  const configured = await lockRows(tx, 'configured_workers', 'buildermasterid', master.builderMasters);
  const sets: RowSet[] = [
    {
      kind: 'delete',
      table: 'connected_workers',
      rows: (await lockRows(tx, 'connected_workers', 'id', master.connectedWorkers)).filter(mine),
    },
    { kind: 'delete', table: 'configured_workers', rows: configured },
    {
      kind: 'delete',
      table: 'builder_masters',
      rows: (await lockRows(tx, 'builder_masters', 'id', master.builderMasters)).filter(mine),
    },
    {
      kind: 'delete',
      table: 'scheduler_masters',
      rows: (await lockRows(tx, 'scheduler_masters', 'schedulerid', master.schedulers)).filter(mine),
    },
    {
      kind: 'delete',
      table: 'changesource_masters',
      rows: (await lockRows(tx, 'changesource_masters', 'changesourceid', master.changeSources)).filter(mine),
    },
  ];
  const last = master.row?.lastActive ?? 0;
  if (master.row?.active) {
    const [before, after] = [
      { active: master.row.active, last_active: last },
      { active: 0, last_active: last },
    ];
    sets.push({ kind: 'update', table: 'masters', keys: [master.id], before, after });
  }
  return sets;
}

/** What is written in a master's name for ever: its builds, and the claims of requests, which outlive their builds. */
export function historyOf(master: { readonly id: number }): { readonly builds: Reference; readonly claims: Reference } {
  const mine = { column: 'masterid', id: master.id } as const;
  return { builds: { table: 'builds', ...mine }, claims: { table: 'buildrequest_claims', ...mine } };
}

/** A batch of the history of a stopped master becomes another one's. */
export async function moveHistory(
  tx: Transaction,
  from: SeenMaster,
  reference: Reference,
  batch: Batch,
  to: number,
): Promise<RowSet[]> {
  await lockMaster(tx, from);
  const heir = await tx.sql('masters').where('id', to).first<Row | undefined>('id');
  if (heir === undefined) throw new ChangedMeanwhile(`master ${to} is gone`);
  return redirect(tx, reference, batch, to);
}

/** The row of a stopped master that nothing refers to: then no cascade can take anything with it. */
export async function forgetMaster(tx: Transaction, master: SeenMaster): Promise<RowSet[]> {
  const [row] = await lockRowsToDelete(tx, 'masters', 'id', [master.id]);
  if (row === undefined) return [];
  await lockMaster(tx, master);
  const { builds, claims } = historyOf(master);
  for (const reference of [builds, claims]) {
    if (await isReferredTo(tx, reference)) throw new ChangedMeanwhile(`${master.name} has ${reference.table} again`);
  }
  const connected = await tx.sql('connected_workers').where('masterid', master.id).first<Row | undefined>('id');
  if (connected !== undefined) throw new ChangedMeanwhile(`${master.name} has workers again`);
  return [
    ...(await unpinMaster(tx, master.id)),
    ...(await published(tx, String(row['name_hash']))),
    { kind: 'delete', table: 'masters', rows: [row] },
  ];
}

/** What one of bbctl's own has published under this name. */
async function published(tx: Transaction, nameHash: string): Promise<RowSet[]> {
  const found = await tx.sql('objects').where({ name: nameHash, class_name: masterClass }).select<{ id: number }[]>('id'); // prettier-ignore
  const ids = found.map(({ id }) => id);
  return [
    { kind: 'delete', table: 'object_state', rows: await lockRows(tx, 'object_state', 'objectid', ids) },
    { kind: 'delete', table: 'objects', rows: await lockRows(tx, 'objects', 'id', ids) },
  ];
}
