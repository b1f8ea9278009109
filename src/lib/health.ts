import { setTimeout as sleep } from 'node:timers/promises';
import { change } from './change.js';
import { checkUp } from './check-up.js';
import type { CheckUp, CheckUpOptions } from './check-up.js';
import type { Database } from './db/connect.js';
import { readCluster } from './db/snapshot.js';
import { Failure } from './errors.js';
import type { Cluster } from './model/cluster.js';
import { figuresOf, statusOf } from './model/health.js';
import type { Health } from './model/health.js';
import { repairs, sightingsOf } from './model/repair.js';
import type { Sighting } from './model/repair.js';
import type { Report, Step } from './operation.js';
import { mendFindings } from './operations/mend-findings.js';
import { keepSightings, readSightings, sightingsFile } from './sightings.js';
import { presenterFor } from './ui/presenter.js';

export interface HealthOptions extends Omit<CheckUpOptions, 'thorough'> {
  readonly deadlineMs: number;
  /** Seconds; `null`: nothing is repaired. */
  readonly repairAfter: number | null;
}

export interface Access {
  open(access: 'read' | 'write'): Promise<Database>;
  journalDirectory(): Promise<string>;
}

/** An answer in any case: what cannot be told in time, or at all, is unknown. */
export async function examine(access: Access, options: HealthOptions): Promise<Health> {
  const late = new AbortController();
  const deadline = sleep(options.deadlineMs, unknown(`No answer within ${options.deadlineMs / 1000} seconds.`), {
    signal: late.signal,
  });
  // A repair stops between two steps, so that what it came to can still be told.
  const halfTime = AbortSignal.timeout(options.deadlineMs / 2);
  try {
    return await Promise.race([answer(access, options, halfTime), deadline]);
  } finally {
    late.abort();
    deadline.catch(() => {});
  }
}

function unknown(error: string): Health {
  return {
    status: 'unknown',
    checkedAt: Math.floor(Date.now() / 1000),
    error,
    findings: [],
    figures: null,
    repair: null,
  };
}

async function answer(access: Access, options: HealthOptions, halfTime: AbortSignal): Promise<Health> {
  try {
    const database = await access.open('read');
    const look = (): Promise<CheckUp> => checkUp(database, { ...options, thorough: false });
    const first = await look();
    const repair = await repaired(access, { database, cluster: first.cluster }, options, halfTime);
    return healthOf(repair === null ? first : await look(), repair);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return unknown(error.message);
  }
}

function healthOf({ cluster, findings }: CheckUp, repair: Health['repair']): Health {
  const checkedAt = Math.floor(Date.now() / 1000);
  return { status: statusOf(findings), checkedAt, error: null, findings, figures: figuresOf(cluster), repair };
}

interface Looked {
  readonly database: Database;
  readonly cluster: Cluster;
}

/** A repair that is not possible is told, and is no reason not to answer. */
async function repaired(
  access: Access,
  looked: Looked,
  options: HealthOptions,
  halfTime: AbortSignal,
): Promise<Health['repair']> {
  const { repairAfter, expireAfter } = options;
  if (repairAfter === null) return null;
  try {
    const journalDirectory = await access.journalDirectory();
    const sightings = await watchStarts(looked, expireAfter, journalDirectory);
    const mends = repairs(looked.cluster, repairAfter, sightings);
    if (mends.length === 0) return null;
    if (halfTime.aborted) return { status: 'left to the next run: half of --deadline is over', journal: null };
    const seenBefore = sightings.map(({ master }) => master);
    const operation = mendFindings(mends, { expireAfter, seenBefore }, 'health --repair');
    const connections = { reading: looked.database, openForWriting: () => access.open('write') };
    const report = await change(operation, connections, await presenterFor({ json: true, yes: true, typed: null }), {
      dryRun: false,
      reason: 'health --repair',
      lockWaitMs: Math.min(5000, options.deadlineMs / 4),
      journalDirectory,
      allowUnknownSchema: false,
      signal: halfTime,
    });
    return { status: outcomeOf(report), journal: report.journal };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: error.message, journal: null };
  }
}

/** With the reason where there is one: nobody looks at the steps. */
function outcomeOf({ status, results }: Report<Step>): string {
  const reason = status === 'done' ? undefined : results.find(({ detail }) => detail)?.detail;
  return reason === undefined ? status : `${status} (${reason})`;
}

/** Which masters may be starting, and since when they have been seen so, by this run and those before it. */
async function watchStarts({ database, cluster }: Looked, expireAfter: number, directory: string): Promise<Sighting[]> {
  const file = sightingsFile(directory, cluster.database.label);
  const earlier = readSightings(file);
  const someStart = cluster.masters.some((master) => master.state === 'starting');
  if (!someStart && earlier.length === 0) return [];
  // As deep as the look that a repair plans with, so that the two can be compared.
  const now = sightingsOf(someStart ? await readCluster(database, { expireAfter, deep: true }) : cluster, earlier);
  if (JSON.stringify(now) !== JSON.stringify(earlier)) keepSightings(file, now);
  return now;
}
