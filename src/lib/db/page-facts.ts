import type { Transaction } from './connect.js';
import { chunks } from './chunks.js';
import { readLines } from './log-chunks.js';

type Raw = Record<string, unknown>;

/** The log in which a running build writes at the moment: of its newest step that has one. */
export interface CurrentLog {
  readonly buildId: number;
  readonly logId: number;
  readonly lines: number;
  /** Buildbot's letter: `s` has marks for its streams. */
  readonly type: string;
}

/** Lines of a log, each with its mark if the log has marks; fewer than `limit` at its end. */
export async function readLogLines(tx: Transaction, logId: number, first: number, limit: number): Promise<string[]> {
  return (await readLines(tx, logId, first, limit)).split('\n').slice(0, -1);
}

/** Few builds at once: those that a page shows. */
export async function readCurrentLogs(tx: Transaction, buildIds: readonly number[]): Promise<CurrentLog[]> {
  const newest = new Map<number, CurrentLog>();
  for (const some of chunks(buildIds)) {
    const rows = await tx
      .sql('steps as s')
      .join('logs as l', 'l.stepid', 's.id')
      .whereIn('s.buildid', some)
      .whereNull('s.complete_at')
      .orderBy(['s.number', 'l.id'])
      .select<Raw[]>('s.buildid', 'l.id', 'l.num_lines', 'l.type');
    for (const row of rows) {
      const buildId = Number(row['buildid']);
      newest.set(buildId, {
        buildId,
        logId: Number(row['id']),
        lines: Number(row['num_lines']),
        type: String(row['type']),
      });
    }
  }
  return [...newest.values()];
}

/** A build with its steps and their logs, as a page shows it. Times are epoch seconds. */
export interface BuildPageFacts {
  readonly id: number;
  readonly number: number;
  readonly builder: string;
  readonly worker: string | null;
  readonly master: string | null;
  readonly requestId: number;
  readonly startedAt: number;
  readonly completeAt: number | null;
  /** Buildbot's number; `null`: it runs. */
  readonly results: number | null;
  readonly state: string;
  readonly reason: string;
  readonly steps: readonly StepPageFacts[];
}

export interface StepPageFacts {
  readonly id: number;
  readonly number: number;
  readonly name: string;
  readonly state: string;
  readonly startedAt: number | null;
  readonly completeAt: number | null;
  readonly results: number | null;
  readonly logs: readonly LogPageFacts[];
}

export interface LogPageFacts {
  readonly id: number;
  readonly slug: string;
  readonly lines: number;
  readonly complete: boolean;
  /** Buildbot's letter: `s` has marks for its streams. */
  readonly type: string;
}

/** `null`: there is no such build. */
export async function readBuildPage(tx: Transaction, id: number): Promise<BuildPageFacts | null> {
  const row = await tx
    .sql('builds as b')
    .leftJoin('builders as o', 'o.id', 'b.builderid')
    .leftJoin('workers as w', 'w.id', 'b.workerid')
    .leftJoin('masters as m', 'm.id', 'b.masterid')
    .leftJoin('buildrequests as r', 'r.id', 'b.buildrequestid')
    .leftJoin('buildsets as s', 's.id', 'r.buildsetid')
    .where('b.id', id)
    .first<Raw | undefined>(
      'b.id', 'b.number', 'b.buildrequestid', 'b.started_at', 'b.complete_at', 'b.results', 'b.state_string',
      { builder: 'o.name', worker: 'w.name', master: 'm.name', reason: 's.reason' },
    ); // prettier-ignore
  if (!row) return null;
  const textOf = (column: string): string | null => (row[column] as string | null) ?? null;
  return {
    ...timesOf(row),
    id,
    number: Number(row['number']),
    builder: textOf('builder') ?? 'builder (gone)',
    worker: textOf('worker'),
    master: textOf('master'),
    requestId: Number(row['buildrequestid']),
    startedAt: Number(row['started_at']),
    state: textOf('state_string') ?? '',
    reason: textOf('reason') ?? '',
    steps: await readSteps(tx, id),
  };
}

async function readSteps(tx: Transaction, buildId: number): Promise<StepPageFacts[]> {
  const steps = await tx
    .sql('steps')
    .where('buildid', buildId)
    .orderBy('number')
    .select<Raw[]>('id', 'number', 'name', 'state_string', 'started_at', 'complete_at', 'results');
  const logs = await tx
    .sql('logs as l')
    .join('steps as s', 's.id', 'l.stepid')
    .where('s.buildid', buildId)
    .orderBy('l.id')
    .select<Raw[]>('l.id', 'l.stepid', 'l.slug', 'l.num_lines', 'l.complete', 'l.type');
  return steps.map((step) => ({
    ...timesOf(step),
    id: Number(step['id']),
    number: Number(step['number']),
    name: String(step['name']),
    state: (step['state_string'] as string | null) ?? '',
    logs: logs.filter((log) => log['stepid'] === step['id']).map(logOf),
  }));
}

function logOf(row: Raw): LogPageFacts {
  return {
    id: Number(row['id']),
    slug: String(row['slug']),
    lines: Number(row['num_lines']),
    complete: Number(row['complete']) !== 0,
    type: String(row['type']),
  };
}

function timesOf(row: Raw): { startedAt: number | null; completeAt: number | null; results: number | null } {
  const numberOf = (column: string): number | null => (row[column] === null ? null : Number(row[column]));
  const completeAt = numberOf('complete_at');
  return { startedAt: numberOf('started_at'), completeAt, results: completeAt === null ? null : numberOf('results') };
}
