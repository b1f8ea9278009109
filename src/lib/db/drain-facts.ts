import type { Knex } from 'knex';
import type { AwaitedRequest, DrainFacts } from '../model/drain.js';
import type { OpenBuild } from '../model/build.js';
import { success } from '../model/results.js';
import { chunks } from './chunks.js';
import type { Database, Transaction } from './connect.js';
import { snapshot } from './snapshot.js';
import type { SnapshotOptions } from './snapshot.js';

type Raw = Record<string, unknown>;

/** Builds of a builder that tell how long the next one takes. */
const recentBuilds = 50;

/** No engine takes very long statements. */
const buildersAtOnce = 100;

/** The cluster, and what is left of these masters, at one moment. */
export function readDrainFacts(
  database: Database,
  masterIds: readonly number[] | 'all',
  options: SnapshotOptions = {},
): Promise<DrainFacts> {
  return database.read((tx) => drainFacts(tx, database.location.label, masterIds, options));
}

/** Builds are found through open requests, never by a scan. */
export async function drainFacts(
  tx: Transaction,
  label: string,
  masterIds: readonly number[] | 'all',
  options: SnapshotOptions = {},
): Promise<DrainFacts> {
  const cluster = await snapshot(tx, label, options);
  const isMeant = (id: number): boolean => masterIds === 'all' || masterIds.includes(id);
  const builds = cluster.builds.filter((build) => isMeant(build.masterId));
  return {
    cluster,
    steps: await readRunningSteps(tx, builds),
    durations: await readDurations(tx, [...new Set(builds.map(({ builderId }) => builderId))]),
    awaited: await readAwaited(tx, builds),
  };
}

async function readRunningSteps(tx: Transaction, builds: readonly OpenBuild[]): Promise<Map<number, string>> {
  const steps = new Map<number, string>();
  for (const ids of chunks(builds.map(({ id }) => id))) {
    const rows = await tx
      .sql('steps')
      .whereIn('buildid', ids)
      .whereNotNull('started_at')
      .whereNull('complete_at')
      .orderBy('number')
      .select<Raw[]>('buildid', 'name');
    for (const row of rows) steps.set(Number(row['buildid']), String(row['name']));
  }
  return steps;
}

/** By the end of the index on (builder, number), one builder after the other. */
async function readDurations(tx: Transaction, builderIds: readonly number[]): Promise<Map<number, number[]>> {
  const durations = new Map<number, number[]>();
  for (const some of chunks(builderIds, buildersAtOnce)) {
    const [first, ...others] = some.map((builderId) => tx.sql.select<Raw[]>('*').from(newestBuilds(tx, builderId).as('b'))); // prettier-ignore
    const rows = await (first?.unionAll(others) ?? []);
    for (const row of rows.filter((one) => one['complete_at'] !== null && Number(one['results']) === success)) {
      const builderId = Number(row['builderid']);
      const taken = Number(row['complete_at']) - Number(row['started_at']);
      durations.set(builderId, [...(durations.get(builderId) ?? []), taken]);
    }
  }
  return durations;
}

function newestBuilds(tx: Transaction, builderId: number): Knex.QueryBuilder {
  const columns = ['builderid', 'started_at', 'complete_at', 'results'];
  return tx.sql('builds').where('builderid', builderId).orderBy('number', 'desc').limit(recentBuilds).select(columns);
}

/** Open requests that nobody has claimed, of buildsets whose parent is one of these builds. */
async function readAwaited(tx: Transaction, builds: readonly OpenBuild[]): Promise<AwaitedRequest[]> {
  if (builds.length === 0) return [];
  const parents = new Set(builds.map(({ id }) => id));
  const waiting = await tx
    .sql('buildrequests as r')
    .join('buildsets as s', 's.id', 'r.buildsetid')
    .where('r.complete', 0)
    .where('r.waited_for', 1)
    .select<Raw[]>('r.id', 'r.builderid', 's.parent_buildid');
  const ours = waiting.filter((row) => parents.has(Number(row['parent_buildid'])));
  const claimed = await claimedOf(tx, ours.map((row) => Number(row['id']))); // prettier-ignore
  return ours
    .map((row) => ({
      id: Number(row['id']),
      builderId: Number(row['builderid']),
      buildId: Number(row['parent_buildid']),
    })) // prettier-ignore
    .filter(({ id }) => !claimed.has(id));
}

async function claimedOf(tx: Transaction, ids: readonly number[]): Promise<Set<number>> {
  const claimed = new Set<number>();
  for (const some of chunks(ids)) {
    const rows = await tx.sql('buildrequest_claims').whereIn('brid', some).select<{ brid: number }[]>('brid');
    for (const { brid } of rows) claimed.add(Number(brid));
  }
  return claimed;
}

/** How builds have ended, by `builds.id`; `null`: not yet. */
export async function readResults(database: Database, ids: readonly number[]): Promise<Map<number, number | null>> {
  return database.read(async (tx) => {
    const results = new Map<number, number | null>();
    for (const some of chunks(ids)) {
      const rows = await tx.sql('builds').whereIn('id', some).select<Raw[]>('id', 'complete_at', 'results');
      for (const row of rows) results.set(Number(row['id']), row['complete_at'] === null ? null : Number(row['results'])); // prettier-ignore
    }
    return results;
  });
}
