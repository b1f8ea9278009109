/*
 * A builder's history, page by page: short reads, each of some requests with all that hangs on them. What was finished
 * long ago does not change between two of them.
 */
import type { BuilderHistory, Range } from '../model/builder-history.js';
import { split } from '../model/builder-history.js';
import type { LoadedRow } from '../model/rows.js';
import { chunks } from './chunks.js';
import type { Database, Transaction } from './connect.js';

/** Rows by table; `isRest`: log chunks, beside rows that a page before had. */
export interface Page {
  readonly rows: Readonly<Record<string, readonly LoadedRow[]>>;
  readonly isRest: boolean;
}

type Rows = LoadedRow[];

const requestsPerPage = 100;
const idsPerLook = 5000;
const mostChunks = 2000;
const mostBytes = 8 * 1024 ** 2;
const chunkBytes = 65_536;
const lineBytes = 100;

export async function* archivePages(database: Database, history: BuilderHistory): AsyncGenerator<Page> {
  const { builderId, requestIds, numbers } = history;
  for (const range of split(requestIds, idsPerLook, Infinity)) {
    const requests = await database.read((tx) => ofBuilder(tx, 'buildrequests', 'id', builderId, range));
    for (const some of chunks(requests, requestsPerPage)) yield* pagesOf(database, builderId, { requests: some });
  }
  for (const range of split(numbers, idsPerLook, Infinity)) {
    const builds = await database.read((tx) => looseBuilds(tx, builderId, range));
    for (const some of chunks(builds, requestsPerPage)) yield* pagesOf(database, builderId, { builds: some });
  }
  yield* namesOfTests(database, builderId);
}

function ofBuilder(tx: Transaction, table: string, column: string, builderId: number, { from, to }: Range): Promise<Rows> {
  return tx.sql(table).where('builderid', builderId).whereBetween(column, [from, to]).orderBy(column).select<Rows>('*');
} // prettier-ignore

/** Builds whose request is gone, or of another builder: there may be some where nothing enforces foreign keys. */
async function looseBuilds(tx: Transaction, builderId: number, range: Range): Promise<Rows> {
  return tx
    .sql('builds as b')
    .leftJoin('buildrequests as r', 'r.id', 'b.buildrequestid')
    .where('b.builderid', builderId)
    .whereBetween('b.number', [range.from, range.to])
    .where((other) => void other.whereNull('r.id').orWhereNot('r.builderid', builderId))
    .orderBy('b.number')
    .select<Rows>('b.*');
}

async function* pagesOf(
  database: Database,
  builderId: number,
  given: { requests?: Rows; builds?: Rows },
): AsyncGenerator<Page> {
  const rows = await database.read((tx) => hanging(tx, builderId, given.requests ?? [], given.builds));
  const batches = await database.read((tx) => batchesOf(tx, rows['logs'] ?? []));
  const [first, ...rest] = batches;
  yield { rows: { ...rows, logchunks: first ? await readChunks(database, first) : [] }, isRest: false };
  for (const batch of rest) yield { rows: { ...above(rows, batch), logchunks: await readChunks(database, batch) }, isRest: true }; // prettier-ignore
}

async function hanging(tx: Transaction, builderId: number, requests: Rows, loose?: Rows): Promise<Record<string, Rows>> {
  const builds = loose ?? (await by(tx, 'builds', 'buildrequestid', requests)).filter((row) => row['builderid'] === builderId);
  const buildsets = await by(tx, 'buildsets', 'id', requests, 'buildsetid');
  const links = await by(tx, 'buildset_sourcestamps', 'buildsetid', buildsets);
  const sourcestamps = await by(tx, 'sourcestamps', 'id', links, 'sourcestampid');
  const steps = await by(tx, 'steps', 'buildid', builds);
  const sets = await by(tx, 'test_result_sets', 'buildid', builds);
  const results = await by(tx, 'test_results', 'test_result_setid', sets);
  return {
    patches: await by(tx, 'patches', 'id', sourcestamps, 'patchid'),
    sourcestamps,
    buildsets: await withoutOwnParents(tx, builderId, buildsets),
    buildset_properties: await by(tx, 'buildset_properties', 'buildsetid', buildsets),
    buildset_sourcestamps: links,
    buildrequests: requests,
    buildrequest_claims: await by(tx, 'buildrequest_claims', 'brid', requests),
    builds,
    build_properties: await by(tx, 'build_properties', 'buildid', builds),
    build_data: await by(tx, 'build_data', 'buildid', builds),
    steps,
    logs: await by(tx, 'logs', 'stepid', steps),
    test_names: await by(tx, 'test_names', 'id', results, 'test_nameid'),
    test_code_paths: await by(tx, 'test_code_paths', 'id', results, 'test_code_pathid'),
    test_result_sets: sets,
    test_results: results,
  };
} // prettier-ignore

/** Rows whose `column` is the `of` of one of these; none of a table that this version has not. */
async function by(tx: Transaction, table: string, column: string, rows: Rows, of = 'id'): Promise<Rows> {
  if (!tx.schema.has(table, column)) return [];
  const keys = [...new Set(rows.map((row) => row[of]).filter((key) => key !== null && key !== undefined))] as number[];
  const found: Rows = [];
  for (const some of chunks(keys)) found.push(...(await tx.sql(table).whereIn(column, some).select<Rows>('*')));
  return found.sort((a, b) => Number(a['id'] ?? 0) - Number(b['id'] ?? 0));
}

const parents = ['parent_buildid', 'rebuilt_buildid'] as const;

/** Which builds of this builder buildsets refer to is told apart: they may come later. */
async function withoutOwnParents(tx: Transaction, builderId: number, buildsets: Rows): Promise<Rows> {
  const named = parents.filter((column) => tx.schema.has('buildsets', column));
  const builds = (await Promise.all(named.map((column) => by(tx, 'builds', 'id', buildsets, column)))).flat();
  const own = new Set(builds.filter((row) => row['builderid'] === builderId).map((row) => row['id']));
  return buildsets.map((row) => ({
    ...row,
    ...Object.fromEntries(named.filter((column) => own.has(row[column] ?? null)).map((column) => [column, null])),
  }));
}

/** Some logs, or of a long log some of its chunks, that fit into memory. */
interface Batch {
  readonly logs: readonly number[];
  /** `first_line`: only those from there on, as many as fit. */
  readonly from?: number;
}

async function batchesOf(tx: Transaction, logs: Rows): Promise<Batch[]> {
  const counts = new Map<number, number>();
  for (const some of chunks(logs.map((row) => Number(row['id'])))) {
    const rows = await tx.sql('logchunks').whereIn('logid', some).groupBy('logid').select('logid').count({ rows: '*' });
    for (const row of rows as Record<string, unknown>[]) counts.set(Number(row['logid']), Number(row['rows']));
  }
  const batches: number[][] = [];
  let [room, bytes] = [0, 0];
  for (const row of logs) {
    const [id, count] = [Number(row['id']), counts.get(Number(row['id'])) ?? 0];
    if (count === 0) continue;
    const weight = Math.min(count * chunkBytes, Number(row['num_lines']) * lineBytes);
    if (batches.length === 0 || count > room || weight > bytes) {
      batches.push([]);
      [room, bytes] = [mostChunks, mostBytes];
    }
    batches.at(-1)?.push(id);
    [room, bytes] = [room - count, bytes - weight];
  }
  return (await Promise.all(batches.map((batch) => parted(tx, batch, counts)))).flat();
}

/** A single log that is too long is read in parts. */
async function parted(tx: Transaction, logs: number[], counts: ReadonlyMap<number, number>): Promise<Batch[]> {
  const most = mostBytes / chunkBytes;
  const [id = 0, other] = logs;
  if (other !== undefined || (counts.get(id) ?? 0) <= most) return [{ logs }];
  const rows = await tx.sql('logchunks').where('logid', id).orderBy('first_line').select<{ first_line: number }[]>('first_line'); // prettier-ignore
  return chunks(rows, most).map(([first]) => ({ logs, from: first?.first_line ?? 0 }));
}

function readChunks(database: Database, { logs, from }: Batch): Promise<Rows> {
  return database.read(async (tx) => {
    const query = tx.sql('logchunks').whereIn('logid', logs).orderBy(['logid', 'first_line']);
    if (from === undefined) return query.select<Rows>('*');
    return query.where('first_line', '>=', from).limit(mostBytes / chunkBytes).select<Rows>('*'); // prettier-ignore
  });
}

/** What these logs hang on. */
function above(rows: Record<string, Rows>, { logs }: Batch): Record<string, Rows> {
  const only = (table: string, column: string, keys: ReadonlySet<unknown>): Rows => (rows[table] ?? []).filter((row) => keys.has(row[column])); // prettier-ignore
  const keysOf = (some: Rows, column: string): Set<unknown> => new Set(some.map((row) => row[column]));
  const ownLogs = only('logs', 'id', new Set(logs));
  const steps = only('steps', 'id', keysOf(ownLogs, 'stepid'));
  const builds = only('builds', 'id', keysOf(steps, 'buildid'));
  const buildrequests = only('buildrequests', 'id', keysOf(builds, 'buildrequestid'));
  const buildsets = only('buildsets', 'id', keysOf(buildrequests, 'buildsetid'));
  return { buildsets, buildrequests, builds, steps, logs: ownLogs };
}

async function* namesOfTests(database: Database, builderId: number): AsyncGenerator<Page> {
  for (const table of ['test_names', 'test_code_paths']) {
    for (let last = 0, rows: Rows = []; ; last = Number(rows.at(-1)?.['id'])) {
      rows = await database.read(async (tx) =>
        tx.schema.has(table)
          ? tx.sql(table).where('builderid', builderId).where('id', '>', last).orderBy('id').limit(idsPerLook).select<Rows>('*')
          : [],
      ); // prettier-ignore
      if (rows.length === 0) break;
      yield { rows: { [table]: rows }, isRest: false };
    }
  }
}

/** A buildset that refers to a build of the builder, which `number` tells; `via` a build of the buildset, if it is the builder's. */
export type LinkRow = Readonly<Record<'buildsetid' | 'submitted_at' | 'column' | 'number' | 'via', number | string | null>>; // prettier-ignore

/** All of them, of other builders' buildsets too. */
export async function* archiveLinks(database: Database, builderId: number, ids: Range | null): AsyncGenerator<Page> {
  for (const range of split(ids, idsPerLook, Infinity)) {
    const rows = await database.read((tx) => linksIn(tx, builderId, range));
    if (rows.length > 0) yield { rows: { links: rows }, isRest: false };
  }
}

async function linksIn(tx: Transaction, builderId: number, range: Range): Promise<LinkRow[]> {
  const links: LinkRow[] = [];
  for (const column of parents.filter((name) => tx.schema.has('buildsets', name))) {
    const own = tx
      .sql('buildrequests as r')
      .join('builds as o', 'o.buildrequestid', 'r.id')
      .where('r.buildsetid', tx.sql.ref('s.id'))
      .where('o.builderid', builderId)
      .min('o.number');
    const rows = await tx
      .sql('buildsets as s')
      .join('builds as b', 'b.id', `s.${column}`)
      .whereBetween('s.id', [range.from, range.to])
      .where('b.builderid', builderId)
      .orderBy('s.id')
      .select<LinkRow[]>({ buildsetid: 's.id' }, 's.submitted_at', 'b.number', own.as('via'));
    links.push(...rows.map((row) => ({ ...row, column })));
  }
  return links;
}
