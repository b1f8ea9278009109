import type { Peer } from '../model/peers.js';
import { noOffer, runOf } from '../model/run.js';
import type { Published } from '../model/run.js';
import type { ClusterView, ServiceView } from '../model/cluster-view.js';
import type { Transaction } from './connect.js';
import { readPublished } from './published.js';

type Raw = Record<string, unknown>;

/** What a master must know of the others at each beat, in few statements. It decides nothing that a fence does not check again. */
export async function readView(tx: Transaction): Promise<ClusterView> {
  // Before the states: whoever beats in between has published what is newer than its row, which a Buildbot never does.
  const masters = await tx.sql('masters').orderBy('id').select<Raw[]>('id', 'name', 'name_hash', 'active', 'last_active', tx.sql.raw(`${tx.dialect.nowSql} as now`));
  const published = await readPublished(tx);
  return {
    now: Number(masters[0]?.['now'] ?? (await tx.dialect.now(tx.sql))),
    peers: masters.map((row) => peerOf(row, published.masters.get(String(row['name_hash'])))),
    services: await readServiceViews(tx),
    pins: published.pins,
  };
} // prettier-ignore

function peerOf(row: Raw, published: Published | undefined): Peer {
  const lastActive = Number(row['last_active']);
  const run = runOf(published, lastActive);
  return {
    id: Number(row['id']),
    name: String(row['name']),
    active: Number(row['active']) !== 0,
    lastActive: run?.beat ?? lastActive,
    run,
    offer: published?.offer ?? noOffer,
  };
}

async function readServiceViews(tx: Transaction): Promise<ServiceView[]> {
  const enabled = tx.schema.has('schedulers', 'enabled') ? 'schedulers.enabled' : tx.sql.raw('1 as enabled');
  const rows = await tx
    .sql('schedulers')
    .leftJoin('scheduler_masters', 'scheduler_masters.schedulerid', 'schedulers.id')
    .select<Raw[]>(
      tx.sql.raw(`'scheduler' as kind`),
      'schedulers.id',
      'schedulers.name',
      enabled,
      'scheduler_masters.masterid',
    ) // prettier-ignore
    .unionAll(
      tx
        .sql('changesources')
        .leftJoin('changesource_masters', 'changesource_masters.changesourceid', 'changesources.id')
        .select(tx.sql.raw(`'changesource'`), 'changesources.id', 'changesources.name', tx.sql.raw('1'), 'changesource_masters.masterid'), // prettier-ignore
    );
  return rows.map((row) => ({
    kind: row['kind'] === 'scheduler' ? 'scheduler' : 'changesource',
    id: Number(row['id']),
    name: String(row['name']),
    enabled: Number(row['enabled'] ?? 0) !== 0,
    holderId: row['masterid'] === null ? null : Number(row['masterid']),
  }));
}
