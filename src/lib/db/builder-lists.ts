import type { Builder, LastBuild } from '../model/builder.js';
import { groupBy } from '../model/group-by.js';
import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';
import { readRows } from './rows.js';

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

/** The newest build of each of these builders: its id by the end of the index on (builder, number), then its row. */
export async function readLastBuilds(tx: Transaction, builderIds: readonly number[]): Promise<Map<number, LastBuild>> {
  const newest = tx.sql('builds as b').where('b.builderid', tx.sql.ref('o.id')).orderBy('b.number', 'desc').limit(1);
  const ids: number[] = [];
  for (const some of chunks(builderIds)) {
    const rows = await tx
      .sql('builders as o')
      .whereIn('o.id', some)
      .select<Raw[]>(newest.clone().select('b.id').as('buildid'));
    ids.push(...rows.filter((row) => row['buildid'] !== null).map((row) => Number(row['buildid'])));
  }
  const builds = await readRows(tx, 'builds', 'id', ids, ['id', 'builderid', 'number', 'masterid', 'started_at', 'complete_at', 'results']);
  return new Map(builds.map((row) => [Number(row['builderid']), lastBuildOf(row)]));
}

function lastBuildOf(row: Raw): LastBuild {
  const isOpen = row['complete_at'] === null || row['results'] === null;
  return {
    id: Number(row['id']),
    builderId: Number(row['builderid']),
    number: Number(row['number']),
    masterId: Number(row['masterid']),
    startedAt: Number(row['started_at']),
    results: isOpen ? null : Number(row['results']),
  };
}
