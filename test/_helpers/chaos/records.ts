import type { Transaction } from '../../../src/lib/db/connect.js';

export interface ChangeRecord {
  readonly id: number;
  readonly branch: string;
  readonly revision: string;
  readonly stamp: number;
}

export interface BuildsetRecord {
  readonly id: number;
  readonly scheduler: string;
  /** Epoch seconds, whole ones. */
  readonly submittedAt: number;
  readonly stamps: readonly number[];
  readonly requests: number;
}

export interface Records {
  readonly changes: readonly ChangeRecord[];
  /** In the order of their ids; without those that were cut off before their requests. */
  readonly buildsets: readonly BuildsetRecord[];
  readonly pending: number;
}

type Raw = Record<string, unknown>;

/** What the masters have written. */
export async function readRecords({ sql }: Transaction): Promise<Records> {
  const changes = await sql('changes').orderBy('changeid').select<Raw[]>('changeid', 'branch', 'revision', 'sourcestampid'); // prettier-ignore
  const asked = countedBy(await sql('buildrequests').select<Raw[]>({ key: 'buildsetid', value: 'id' }));
  const stamps = countedBy(await sql('buildset_sourcestamps').select<Raw[]>({ key: 'buildsetid', value: 'sourcestampid' })); // prettier-ignore
  const schedulers = await sql('buildset_properties').where('property_name', 'scheduler').orderBy('buildsetid').select<Raw[]>('buildsetid', 'property_value'); // prettier-ignore
  const submitted = new Map((await sql('buildsets').select<Raw[]>('id', 'submitted_at')).map((row) => [Number(row['id']), Number(row['submitted_at'])])); // prettier-ignore
  const pending = await sql('scheduler_changes').select<Raw[]>('changeid');
  const buildsets = schedulers.map((row) => {
    const id = Number(row['buildsetid']);
    const [scheduler] = JSON.parse(String(row['property_value'])) as [string];
    return {
      id,
      scheduler,
      submittedAt: submitted.get(id) ?? 0,
      stamps: stamps.get(id) ?? [],
      requests: (asked.get(id) ?? []).length,
    };
  });
  return {
    changes: changes.map((row) => ({
      id: Number(row['changeid']),
      branch: String(row['branch']),
      revision: String(row['revision']),
      stamp: Number(row['sourcestampid']),
    })),
    buildsets: buildsets.filter(({ requests }) => requests > 0),
    pending: pending.length,
  };
}

function countedBy(rows: readonly Raw[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const { key, value } of rows) found.set(Number(key), [...(found.get(Number(key)) ?? []), Number(value)]);
  return found;
}
