import { setTimeout as sleep } from 'node:timers/promises';
import { change } from './change.js';
import { checkUp } from './check-up.js';
import type { CheckUp, CheckUpOptions } from './check-up.js';
import type { Database } from './db/connect.js';
import { Failure } from './errors.js';
import { figuresOf, statusOf } from './model/health.js';
import type { Health } from './model/health.js';
import { repairs } from './model/repair.js';
import { mendFindings } from './operations/mend-findings.js';
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
  try {
    return await Promise.race([answer(access, options), deadline]);
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

async function answer(access: Access, options: HealthOptions): Promise<Health> {
  try {
    const database = await access.open('read');
    const look = (): Promise<CheckUp> => checkUp(database, { ...options, thorough: false });
    const first = await look();
    const repair = await repaired(access, database, first, options);
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

async function repaired(
  access: Access,
  reading: Database,
  { cluster }: CheckUp,
  options: HealthOptions,
): Promise<Health['repair']> {
  const mends = options.repairAfter === null ? [] : repairs(cluster, options.repairAfter);
  if (mends.length === 0) return null;
  const operation = mendFindings(mends, options.expireAfter, 'health --repair');
  const connections = { reading, openForWriting: () => access.open('write') };
  try {
    const report = await change(operation, connections, await presenterFor({ json: true, yes: true, typed: null }), {
      dryRun: false,
      reason: 'health --repair',
      lockWaitMs: 5000,
      journalDirectory: await access.journalDirectory(),
      allowUnknownSchema: false,
      signal: new AbortController().signal,
    });
    return { status: report.status, journal: report.journal };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: error.message, journal: null };
  }
}
