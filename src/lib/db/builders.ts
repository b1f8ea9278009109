import type { Row, RowSet } from '../model/rows.js';
import type { Transaction } from './connect.js';
import { hashColumns } from './hash-columns.js';
import { ChangedMeanwhile, lockRows, readRows } from './rows.js';

/** A builder when the plan was made. */
export interface SeenBuilder {
  readonly id: number;
  readonly name: string;
}

/** By this masters find the rows of what they configure. */
export function nameHash(name: string): string {
  return hashColumns(name);
}

/** Locks the rows of builders; throws where one is gone or has another name. */
export async function lockBuilders(tx: Transaction, builders: readonly SeenBuilder[]): Promise<Row[]> {
  const rows = await lockRows(tx, 'builders', 'id', builders.map(({ id }) => id)); // prettier-ignore
  for (const { id, name } of builders) {
    const row = rows.find((one) => one['id'] === id);
    if (row?.['name'] !== name)
      throw new ChangedMeanwhile(`builder ${name} ${row ? 'has another name now' : 'is gone'}`);
  }
  return rows;
}

/** Throws where a master has registered it: from then on that master keeps its id. */
export async function verifyUnconfigured(tx: Transaction, { id, name }: SeenBuilder): Promise<void> {
  const links = await readRows(tx, 'builder_masters', 'builderid', [id], ['masterid']);
  // Registrations can outlive their master where nothing cascades.
  const masterIds = [...new Set(links.map((link) => Number(link['masterid'])))];
  const masters = await readRows(tx, 'masters', 'id', masterIds, ['name']);
  if (masters.length > 0) throw new ChangedMeanwhile(`${masters[0]?.['name']} configures builder ${name} now`);
}

export async function renameBuilder(tx: Transaction, builder: SeenBuilder, name: string): Promise<RowSet[]> {
  const after = { name, name_hash: nameHash(name) };
  const [taken] = await tx.sql<Row>('builders').where('name_hash', after.name_hash).select<Row[]>('id');
  if (taken?.['id'] === builder.id) return [];
  if (taken) throw new ChangedMeanwhile(`there is a builder ${name} now`);
  const [row] = await lockBuilders(tx, [builder]);
  await verifyUnconfigured(tx, builder);
  const before = { name: builder.name, name_hash: row?.['name_hash'] ?? null };
  return [{ kind: 'update', table: 'builders', keys: [builder.id], before, after }];
}
