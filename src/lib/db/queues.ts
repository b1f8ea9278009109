import type { Transaction } from './connect.js';

/** What waits for a builder, and nobody has claimed. */
export interface BuilderQueue {
  readonly builder: string;
  readonly length: number;
  /** Of the request that has waited longest. */
  readonly oldestSeconds: number;
}

interface Row {
  readonly builderid: number;
  readonly length: number | string;
  readonly oldest: number;
}

/** The longest first. Reads open requests alone, however many were ever complete. */
export async function readQueues(tx: Transaction): Promise<BuilderQueue[]> {
  const now = await tx.dialect.now(tx.sql);
  const rows = await tx
    .sql('buildrequests')
    .leftJoin('buildrequest_claims', 'buildrequest_claims.brid', 'buildrequests.id')
    .where('buildrequests.complete', 0)
    .whereNull('buildrequest_claims.brid')
    .groupBy('buildrequests.builderid')
    .select<Row[]>('buildrequests.builderid')
    .count({ length: '*' })
    .min({ oldest: 'buildrequests.submitted_at' });
  const names = await namesOf(tx, rows as Row[]);
  const queues = (rows as Row[]).map(({ builderid, length, oldest }) => ({
    builder: names.get(builderid) ?? `${builderid}`,
    length: Number(length),
    oldestSeconds: Math.max(0, now - Number(oldest)),
  }));
  return queues.sort((a, b) => b.length - a.length);
}

async function namesOf(tx: Transaction, rows: readonly Row[]): Promise<Map<number, string>> {
  const ids = rows.map(({ builderid }) => builderid);
  const builders = await tx.sql('builders').whereIn('id', ids).select<{ id: number; name: string }[]>('id', 'name');
  return new Map(builders.map(({ id, name }) => [id, name]));
}
