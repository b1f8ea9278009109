import type { OpenRequest } from '../model/request.js';
import type { Transaction } from './connect.js';
import { openRequests, requestColumns, requestOf } from './snapshot.js';
import { chunks } from './rows.js';

export interface FoundRequest extends OpenRequest {
  readonly complete: boolean;
  /** The open build that waits for it, and the master that runs that. */
  readonly parent: { readonly buildId: number; readonly masterId: number; readonly startedAt: number } | null;
}

/** Requests by id, complete ones too. */
export async function findRequests(tx: Transaction, ids: readonly number[]): Promise<FoundRequest[]> {
  const found: FoundRequest[] = [];
  for (const some of chunks(ids)) {
    const rows = await tx
      .sql('buildrequests as r')
      .leftJoin('buildrequest_claims as c', 'c.brid', 'r.id')
      .leftJoin('buildsets as s', 's.id', 'r.buildsetid')
      .leftJoin('builds as p', (join) => join.on('p.id', 's.parent_buildid').onNull('p.complete_at'))
      .whereIn('r.id', some)
      .orderBy('r.id')
      .select<Record<string, unknown>[]>(
        ...requestColumns,
        'r.complete',
        'p.id as parentid',
        'p.masterid as parentmasterid',
        'p.started_at as parentstartedat',
      );
    found.push(...rows.map(foundRequest));
  }
  return found;
}

function foundRequest(row: Record<string, unknown>): FoundRequest {
  const parent =
    row['parentid'] === null
      ? null
      : {
          buildId: Number(row['parentid']),
          masterId: Number(row['parentmasterid']),
          startedAt: Number(row['parentstartedat']),
        };
  return { ...requestOf(row), complete: Number(row['complete']) !== 0, parent };
}

/** Open requests, oldest first: at most `limit` of them. */
export async function listRequests(
  tx: Transaction,
  { pending, limit }: { pending: boolean; limit: number },
): Promise<OpenRequest[]> {
  const query = openRequests(tx).leftJoin('buildrequest_claims as c', 'c.brid', 'r.id').orderBy('r.id').limit(limit);
  const rows = await (pending ? query.whereNull('c.brid') : query).select<Record<string, unknown>[]>(...requestColumns);
  return rows.map(requestOf);
}
