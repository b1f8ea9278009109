// `bbctl health` as cron and monitoring call it, and what each of its formats must say.
import { rmSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { bbctl, temporaryHome, type CliOptions, type CliResult } from './cli.js';
import { epochSeconds } from './clusters.js';
import { databaseFrom, type EngineName, type TestDatabase } from './database.js';
import { samplesIn } from './prometheus.js';
import { insertRevision } from './recordings.js';

const formats = ['text', 'nagios', 'prometheus', 'json'] as const;
const statuses = { OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3 } as const;
export type Status = keyof typeof statuses;

export function home(t: ExecutionContext): string {
  const folder = temporaryHome();
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function fresh(t: ExecutionContext, engine: EngineName = 'sqlite'): Promise<TestDatabase> {
  const db = await databaseFrom(engine, '3.7.0/fresh');
  t.teardown(() => db.close());
  await insertRevision(db, '3.7.0/fresh');
  return db;
}

/** Many run at once here: without a word on it the deadline is one that no test meets. */
export function health(args: string, options: CliOptions): Promise<CliResult> {
  const deadline = args.includes('--deadline') ? [] : ['--deadline', '5m'];
  return bbctl(['health', ...deadline, ...args.split(' ').filter(Boolean)], options);
}

/** The same status in every format, each as its readers expect it. */
export async function answers(t: ExecutionContext, status: Status, options: CliOptions, args = ''): Promise<void> {
  for (const format of formats) {
    const result = await health(`${args} --format ${format}`, options);
    t.is(result.status, statuses[status], `${format}: ${result.stdout}${result.stderr}`);
    t.is(result.stderr, '', format);
    readers[format](t, result, status);
  }
}

const readers: Record<(typeof formats)[number], (t: ExecutionContext, result: CliResult, status: Status) => void> = {
  text: (t, { stdout }, status) => t.true(stdout.startsWith(`${status}: `), stdout),
  nagios: (t, { stdout }, status) => {
    const [first = '', ...others] = stdout.trimEnd().split('\n');
    const [text = '', data, ...more] = first.split(' | ');
    t.true(text.startsWith(`BUILDBOT ${status} - `), first);
    t.deepEqual(more, []);
    t.is(data === undefined, status === 'UNKNOWN', first);
    for (const one of data?.split(' ') ?? []) t.regex(one, /^[a-z_]+=\d+(s?)(;\d*){3}$/);
    t.false(others.join('').includes('|'));
  },
  prometheus: (t, { stdout }, status) => {
    const samples = samplesIn(stdout);
    const value = (name: string) => samples.find((sample) => sample.name === name)?.value;
    t.is(value('bbctl_up'), status === 'UNKNOWN' ? 0 : 1);
    t.is(value('bbctl_health_status'), statuses[status]);
    t.true(Math.abs((value('bbctl_checked_timestamp_seconds') ?? 0) - epochSeconds()) < 60);
  },
  json: (t, { json }, status) => {
    const told = json() as { status: string; error: string | null; figures: object | null; findings: unknown[] };
    t.is(told.status, status.toLowerCase());
    t.is(told.error === null, status !== 'UNKNOWN');
    t.is(told.figures === null, status === 'UNKNOWN');
  },
};

export interface Told {
  readonly status: string;
  readonly error: string | null;
  readonly findings: readonly { id: string }[];
  readonly repair: { readonly status: string; readonly journal: number | null } | null;
}

export async function told(args: string, options: CliOptions): Promise<Told> {
  return (await health(`--format json ${args}`, options)).json() as Told;
}

export async function repairOf(options: CliOptions, args = ''): Promise<Told['repair']> {
  return (await told(`--repair ${args}`, options)).repair;
}
