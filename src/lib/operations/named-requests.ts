import type { Cluster } from '../model/cluster.js';
import type { Database } from '../db/connect.js';
import { findRequests } from '../db/request-lists.js';
import type { FoundRequest } from '../db/request-lists.js';
import { snapshot } from '../db/snapshot.js';
import { Failure } from '../errors.js';

/** The cluster, and the requests that were named, which need be neither open nor claimed. */
export interface RequestsWorld {
  readonly cluster: Cluster;
  readonly named: readonly FoundRequest[];
  /** Why there is nothing to do for a named one: it is complete, or not claimed. */
  readonly others: ReadonlyMap<number, string>;
}

export function readRequests(database: Database, ids: readonly number[], expireAfter: number): Promise<RequestsWorld> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter });
    const named = await findRequests(tx, ids);
    const missing = ids.find((id) => !named.some((request) => request.id === id));
    if (missing !== undefined)
      throw new Failure('notFound', `There is no request ${missing}.`, {
        try: 'See the open ones with "bbctl requests".',
      });
    return { cluster, named, others: new Map(named.flatMap((request) => reason(request))) };
  });
}

function reason(request: FoundRequest): [number, string][] {
  if (request.complete) return [[request.id, `Request ${request.id} is complete.`]];
  return request.claim
    ? []
    : [[request.id, `Request ${request.id} is not claimed: any master that configures its builder may take it.`]];
}
