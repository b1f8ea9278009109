import type { Builder, LastBuild } from '../model/builder.js';
import { groupBy } from '../model/group-by.js';
import type { Transaction } from './connect.js';
import { chunks } from './rows.js';

type Raw = Record<string, unknown>;

/** A master configures a builder. */
export interface BuilderMaster {
  readonly id: number;
  readonly builderId: number;
  readonly masterId: number;
}

export async function readBuilders(tx: Transaction): Promise<{ builders: Builder[]; builderMasters: BuilderMaster[] }> {
  const links = await tx.sql('builder_masters').orderBy('id').select<Raw[]>('id', 'builderid', 'masterid');
  const builderMasters = links.map((row) => ({
    id: Number(row['id']),
    builderId: Number(row['builderid']),
    masterId: Number(row['masterid']),
  }));
  const masters = groupBy(builderMasters, (link) => link.builderId);
  const rows = await tx.sql('builders').orderBy('id').select<Raw[]>('id', 'name');
  const builders = rows.map((row) => {
    const id = Number(row['id']);
    return { id, name: String(row['name']), masterIds: (masters.get(id) ?? []).map((link) => link.masterId) };
  });
  return { builders, builderMasters };
}

/** The newest build of each of these builders, by the index on (builder, number). */
export async function readLastBuilds(tx: Transaction, builderIds: readonly number[]): Promise<Map<number, LastBuild>> {
  const last = new Map<number, LastBuild>();
  for (const some of chunks(builderIds)) {
    const rows = await tx
      .sql('builds as b')
      .whereIn('b.builderid', some)
      .where('b.number', tx.sql('builds as x').max('x.number').whereRaw('x.builderid = b.builderid'))
      .select<Record<string, unknown>[]>('b.builderid', 'b.number', 'b.masterid', 'b.started_at');
    for (const row of rows) {
      const builderId = Number(row['builderid']);
      last.set(builderId, {
        builderId,
        number: Number(row['number']),
        masterId: Number(row['masterid']),
        startedAt: Number(row['started_at']),
      });
    }
  }
  return last;
}
