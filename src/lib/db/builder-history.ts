import type { NumberedBuild } from '../model/build-numbers.js';
import type { Row } from '../model/rows.js';
import type { Transaction } from './connect.js';

/** All that refers to a builder, but for who configures it. */
export const builderTables = [
  'builds',
  'buildrequests',
  'test_names',
  'test_code_paths',
  'test_result_sets',
  'test_results',
  'builders_tags',
] as const;

export type BuilderTable = (typeof builderTables)[number];

/** Rows of a builder that are written in one step. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

const pageSize = 10_000;

/** Every build of a builder, by the index on (builder, number). */
export async function readNumbers(tx: Transaction, builderId: number): Promise<NumberedBuild[]> {
  const builds: NumberedBuild[] = [];
  for (let page: NumberedBuild[] | undefined; page === undefined || page.length === pageSize;) {
    const after = builds.at(-1)?.number;
    const rest = tx.sql('builds').where('builderid', builderId).orderBy('number').limit(pageSize);
    page = await (after === undefined ? rest : rest.where('number', '>', after)).select<NumberedBuild[]>('id', 'number'); // prettier-ignore
    for (const { id, number } of page) builds.push({ id, number });
  }
  return builds;
}

/** Rows of a builder, in ranges of so many; of requests only the complete ones. */
export async function readRanges(
  tx: Transaction,
  table: BuilderTable,
  builderId: number,
  size: number,
): Promise<IdRange[]> {
  if (!tx.schema.has(table)) return [];
  const ranges: IdRange[] = [];
  for (let full = true; full;) {
    const ids = await rowsOfBuilder(tx, table, builderId, { after: ranges.at(-1)?.last ?? 0 }).orderBy('id').limit(size).select<{ id: number }[]>('id'); // prettier-ignore
    const [first, last] = [ids[0]?.id, ids.at(-1)?.id];
    if (first !== undefined && last !== undefined) ranges.push({ first, last, count: ids.length });
    full = ids.length === size;
  }
  return ranges;
}

/** Rows of a builder with ids in a range; of requests only the complete ones. */
export function rowsOfBuilder(
  tx: Transaction,
  table: BuilderTable,
  builderId: number,
  { after, last }: { after: number; last?: number },
) {
  const rows = tx.sql<Row>(table).where('builderid', builderId).where('id', '>', after);
  if (last !== undefined) rows.where('id', '<=', last);
  return table === 'buildrequests' ? rows.where('complete', 1) : rows;
}

export async function readOpenRequestIds(tx: Transaction, builderId: number): Promise<number[]> {
  const rows = await tx
    .sql('buildrequests')
    .where({ builderid: builderId, complete: 0 })
    .orderBy('id')
    .select<{ id: number }[]>('id');
  return rows.map((row) => row.id);
}

export async function readTags(tx: Transaction, builderId: number): Promise<string[]> {
  const rows = await tx
    .sql('builders_tags')
    .join('tags', 'tags.id', 'builders_tags.tagid')
    .where('builders_tags.builderid', builderId)
    .orderBy('tags.name')
    .select<{ name: string }[]>('tags.name');
  return rows.map((row) => row.name);
}

/** `masters.id` of those that built it, the last one first. */
export async function readUsedBy(tx: Transaction, builderId: number): Promise<number[]> {
  const rows = await tx
    .sql('builds')
    .where('builderid', builderId)
    .groupBy('masterid')
    .orderBy('newest', 'desc')
    .max({ newest: 'id' })
    .select<{ masterid: number }[]>('masterid');
  return rows.map((row) => row.masterid);
}
