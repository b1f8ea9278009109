import type { OpenBuild } from '../model/build.js';
import type { LastBuild } from '../model/builder.js';
import type { Transaction } from './connect.js';
import { chunks } from './rows.js';
import { buildColumns, buildOf } from './snapshot.js';

export interface FoundBuild extends OpenBuild {
  readonly complete: boolean;
}

/** Builds by id, ended ones too. */
export async function findBuilds(tx: Transaction, ids: readonly number[]): Promise<FoundBuild[]> {
  const found: FoundBuild[] = [];
  for (const some of chunks(ids)) {
    const rows = await tx
      .sql('builds as b')
      .whereIn('b.id', some)
      .orderBy('b.id')
      .select<Record<string, unknown>[]>(...buildColumns, 'b.complete_at');
    found.push(...rows.map((row) => ({ ...buildOf(row), complete: row['complete_at'] !== null })));
  }
  return found;
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
