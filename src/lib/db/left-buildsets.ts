import type { Knex } from 'knex';
import type { Transaction } from './connect.js';

const mostAtOnce = 100;

/**
 * Open buildsets whose requests are all complete, the last one before this time: who completed that one would have
 * completed the buildset by now, if it had not died in between.
 */
export async function readLeftBuildsets(tx: Transaction, before: number): Promise<number[]> {
  const requests = () =>
    tx.sql('buildrequests').whereRaw('?? = ??', ['buildrequests.buildsetid', 'buildsets.id']).select(tx.sql.raw('1'));
  const isInTheWay = (where: Knex.QueryBuilder): unknown =>
    where.where('buildrequests.complete', 0).orWhere('buildrequests.complete_at', '>', Math.floor(before));
  const rows = await tx
    .sql('buildsets')
    .where('buildsets.complete', 0)
    .whereExists(requests())
    .whereNotExists(requests().where((where) => void isInTheWay(where)))
    .limit(mostAtOnce)
    .select<{ id: number }[]>('buildsets.id');
  return rows.map(({ id }) => id);
}
