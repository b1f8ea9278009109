import type { Database, Transaction } from './db/connect.js';
import { readQuestioned, requestsOfBuildset } from './db/questions.js';
import { snapshot } from './db/snapshot.js';
import { oldestPending } from './db/request-lists.js';
import { Failure } from './errors.js';
import type { Cluster } from './model/cluster.js';
import { findNamed, parseId } from './model/find.js';
import { printable } from './model/names.js';
import { why } from './model/why.js';
import type { Link } from './model/why.js';

export interface WhyInput {
  /** Id of a request, or name of a builder. */
  readonly request: string | undefined;
  readonly buildset: string | undefined;
  readonly expireAfter: number;
}

/** What `bbctl why --json` prints of a request. */
export interface Explained {
  readonly request: number;
  readonly builder: string;
  readonly links: readonly Link[];
}

export function readWhy(database: Database, input: WhyInput): Promise<Explained[]> {
  return database.read(async (tx) => {
    const cluster = await snapshot(tx, database.location.label, { expireAfter: input.expireAfter });
    const ids = await idsOf(tx, cluster, input);
    const requests = await readQuestioned(tx, ids);
    const missing = ids.find((id) => !requests.some((request) => request.id === id));
    if (missing !== undefined) {
      throw new Failure('notFound', `There is no request ${missing}.`, {
        try: 'See the open ones with "bbctl requests".',
      });
    }
    const builder = (id: number): string => cluster.builders.find((one) => one.id === id)?.name ?? String(id);
    return requests.map((request) => ({
      request: request.id,
      builder: builder(request.builderId),
      links: why(cluster, request),
    }));
  });
}

async function idsOf(tx: Transaction, cluster: Cluster, { request, buildset }: WhyInput): Promise<number[]> {
  if (buildset !== undefined && request !== undefined)
    throw new Failure('usage', 'Why which? Name a request or a builder, or a buildset, not both.');
  if (buildset !== undefined) return requestsOfBuildset(tx, parseId(buildset, 'buildset'));
  if (request === undefined)
    throw new Failure('usage', 'Why what? Name a request or a builder.', {
      try: 'See the open requests with "bbctl requests".',
    });
  if (/^\d+$/.test(request) && !cluster.builders.some((builder) => builder.name === request))
    return [parseId(request, 'request')];
  const [builder] = findNamed(cluster.builders, request, 'builder');
  const oldest = builder ? await oldestPending(tx, builder.id) : null;
  if (oldest !== null) return [oldest];
  throw new Failure('notFound', `Builder ${printable(request)} has no pending request.`, {
    try: 'See what it builds with "bbctl builds".',
  });
}
