import type { Cluster } from '../model/cluster.js';
import type { Details } from '../model/details.js';
import { groupBy } from '../model/group-by.js';
import { isLiving } from '../model/master.js';
import { success, warnings } from '../model/results.js';
import type { Transaction } from './connect.js';
import { newestId } from './rows.js';

/**
 * Through the primary key. By `builds.masterid` PostgreSQL and MyISAM would have to sort every build that a master has
 * ever made; and what a master did long ago says little of what it is now.
 */
const newestBuilds = 1000;
/** Of each master; some have no step that ran. */
const buildsOfEach = 5;

/**
 * Whether each living master says when a step got its locks, as Buildbot does since 3.10 of every step that runs: an
 * older one that runs on the newer schema leaves the column empty. Nothing else in the database tells their versions.
 */
export async function readLockRecords(tx: Transaction, cluster: Cluster): Promise<Details['lockRecords']> {
  const living = cluster.masters.filter(isLiving).map((master) => master.id);
  if (living.length < 2 || !tx.schema.has('steps', 'locks_acquired_at')) return [];
  const ended = await tx
    .sql('builds')
    .where('id', '>', (await newestId(tx, 'builds')) - newestBuilds)
    .whereNotNull('complete_at')
    .select<{ id: number; masterid: number }[]>('id', 'masterid');
  const builds = groupBy(
    ended.sort((a, b) => b.id - a.id),
    (build) => build.masterid,
  );
  const newest = living.flatMap((id) => (builds.get(id) ?? []).slice(0, buildsOfEach));
  const masterOf = new Map(newest.map((build) => [build.id, build.masterid]));
  const steps = groupBy(await stepsThatRan(tx, [...masterOf.keys()]), (step) => masterOf.get(step.buildid));
  return living.flatMap((masterId) => {
    const [step] = steps.get(masterId) ?? [];
    return step ? [{ masterId, records: step.locks_acquired_at !== null, at: Number(step.complete_at) }] : [];
  });
}

interface RanStep {
  readonly buildid: number;
  readonly locks_acquired_at: number | null;
  readonly complete_at: number;
}

/** Newest first. A step that was skipped, or cancelled while it waited, has had no locks. */
async function stepsThatRan(tx: Transaction, buildIds: readonly number[]): Promise<RanStep[]> {
  const steps = await tx
    .sql('steps')
    .whereIn('buildid', buildIds)
    .whereIn('results', [success, warnings])
    .whereNotNull('complete_at')
    .select<(RanStep & { id: number })[]>('id', 'buildid', 'locks_acquired_at', 'complete_at');
  return steps.sort((a, b) => b.id - a.id);
}
