import { decompress } from '../../../src/lib/db/log-compression.js';
import type { Transaction } from '../../../src/lib/db/connect.js';

export interface RequestRecord {
  readonly id: number;
  readonly buildsetId: number;
  readonly builder: string;
  readonly isComplete: boolean;
  readonly results: number;
  readonly completeAt: number | null;
  readonly submittedAt: number;
  readonly waitedFor: boolean;
  readonly branch: string | null;
  /** As the scheduler was told; of what was triggered the parent's. */
  readonly client: string | null;
  readonly number: string | null;
}

export interface BuildRecord {
  readonly id: number;
  readonly number: number;
  readonly builder: string;
  readonly requestId: number;
  readonly master: string;
  readonly startedAt: number;
  readonly completeAt: number | null;
  readonly results: number | null;
}

export interface BuildsetRecord {
  readonly id: number;
  readonly isComplete: boolean;
  readonly results: number;
  readonly parentBuildId: number | null;
}

export interface StepRecord {
  readonly id: number;
  readonly buildId: number;
  readonly name: string;
  readonly completeAt: number | null;
  readonly results: number | null;
}

export interface LogRecord {
  readonly id: number;
  readonly stepId: number;
  readonly name: string;
  readonly isComplete: boolean;
  readonly lines: number;
  readonly chunks: readonly { readonly first: number; readonly last: number; readonly text: string }[];
}

/** All that the masters have written of builds. */
export interface BuildRecords {
  readonly requests: readonly RequestRecord[];
  readonly buildsets: readonly BuildsetRecord[];
  readonly builds: readonly BuildRecord[];
  readonly steps: readonly StepRecord[];
  readonly logs: readonly LogRecord[];
  /** Requests that somebody has claimed. */
  readonly claims: readonly { readonly requestId: number; readonly masterId: number }[];
}

type Raw = Record<string, unknown>;

const numberOrNull = (value: unknown): number | null => (value === null ? null : Number(value));

export async function readBuildRecords({ sql }: Transaction): Promise<BuildRecords> {
  const all = (table: string): Promise<Raw[]> => sql(table).select<Raw[]>();
  const builders = namesIn(await all('builders'));
  const claims = await all('buildrequest_claims');
  const records = { builders, masters: namesIn(await all('masters')) };
  const steps = await sql('steps').orderBy('id').select<Raw[]>();
  return {
    requests: await readRequests(sql, builders),
    buildsets: (await all('buildsets')).map(buildsetOf),
    builds: (await sql('builds').orderBy('id').select<Raw[]>()).map((row) => buildOf(row, records)),
    steps: steps.map(stepOf),
    logs: logsOf(await all('logs'), await sql('logchunks').orderBy('first_line').select<Raw[]>()),
    claims: claims.map((row) => ({ requestId: Number(row['brid']), masterId: Number(row['masterid']) })),
  };
}

function namesIn(rows: readonly Raw[]): Map<number, string> {
  return new Map(rows.map((row) => [Number(row['id']), String(row['name'])]));
}

async function readRequests(sql: Transaction['sql'], builders: ReadonlyMap<number, string>): Promise<RequestRecord[]> {
  const properties = await sql('buildset_properties').whereIn('property_name', ['client', 'number']).select<Raw[]>();
  const said = new Map(
    properties.map((row) => [`${Number(row['buildsetid'])} ${String(row['property_name'])}`, valueOf(row)]),
  );
  const stamps = await sql('buildset_sourcestamps').join('sourcestamps', 'sourcestamps.id', 'sourcestampid').select<Raw[]>('buildsetid', 'branch'); // prettier-ignore
  const branches = new Map(stamps.map((row) => [Number(row['buildsetid']), row['branch'] as string | null]));
  const rows = await sql('buildrequests').orderBy('id').select<Raw[]>();
  const propertyOf = (row: Raw, name: string): string | null =>
    said.get(`${Number(row['buildsetid'])} ${name}`) ?? null;
  return rows.map((row) => ({
    id: Number(row['id']),
    buildsetId: Number(row['buildsetid']),
    builder: builders.get(Number(row['builderid'])) ?? '?',
    isComplete: Number(row['complete']) === 1,
    results: Number(row['results']),
    completeAt: numberOrNull(row['complete_at']),
    submittedAt: Number(row['submitted_at']),
    waitedFor: Number(row['waited_for']) === 1,
    branch: branches.get(Number(row['buildsetid'])) ?? null,
    client: propertyOf(row, 'client'),
    number: propertyOf(row, 'number'),
  }));
}

function valueOf(row: Raw): string {
  const [value] = JSON.parse(String(row['property_value'])) as [unknown];
  return String(value);
}

function buildsetOf(row: Raw): BuildsetRecord {
  return { id: Number(row['id']), isComplete: Number(row['complete']) === 1, results: Number(row['results']), parentBuildId: numberOrNull(row['parent_buildid']) }; // prettier-ignore
}

function buildOf(row: Raw, names: { builders: ReadonlyMap<number, string>; masters: ReadonlyMap<number, string> }): BuildRecord {
  return {
    id: Number(row['id']),
    number: Number(row['number']),
    builder: names.builders.get(Number(row['builderid'])) ?? '?',
    requestId: Number(row['buildrequestid']),
    master: names.masters.get(Number(row['masterid'])) ?? '?',
    startedAt: Number(row['started_at']),
    completeAt: numberOrNull(row['complete_at']),
    results: numberOrNull(row['results']),
  };
} // prettier-ignore

function stepOf(row: Raw): StepRecord {
  return { id: Number(row['id']), buildId: Number(row['buildid']), name: String(row['name']), completeAt: numberOrNull(row['complete_at']), results: numberOrNull(row['results']) }; // prettier-ignore
}

function logsOf(rows: readonly Raw[], chunks: readonly Raw[]): LogRecord[] {
  const byLog = new Map<number, { first: number; last: number; text: string }[]>();
  for (const row of chunks) {
    const id = Number(row['logid']);
    const text = decompress(Buffer.from(row['content'] as Uint8Array), Number(row['compressed'])).toString();
    const chunk = { first: Number(row['first_line']), last: Number(row['last_line']), text };
    byLog.set(id, [...(byLog.get(id) ?? []), chunk]);
  }
  return rows.map((row) => ({
    id: Number(row['id']),
    stepId: Number(row['stepid']),
    name: String(row['name']),
    isComplete: Number(row['complete']) === 1,
    lines: Number(row['num_lines']),
    chunks: byLog.get(Number(row['id'])) ?? [],
  }));
}
