import type { Dump } from './database.js';
import type { Row } from './engines/connection.js';

/** A builder's history without ids: what must be the same wherever it is restored. */
export function historyOf(dump: Dump, builderName: string): unknown {
  const builder = dump.builders?.find((row) => row.name === builderName);
  const of = (table: string, column: string, value: unknown): Row[] => (dump[table] ?? []).filter((row) => row[column] === value); // prettier-ignore
  const one = (table: string, id: unknown): Row | undefined => dump[table]?.find((row) => row.id === id);
  const bare = (row: Row | undefined): unknown =>
    row && Object.fromEntries(Object.entries(row).filter(([column]) => !isReference(column)));
  const sorted = (rows: unknown[]): unknown[] => rows.map((row) => JSON.stringify(row)).sort();
  const stamp = (row: Row): unknown => [bare(row), bare(one('patches', row.patchid))];
  const buildset = (row: Row | undefined): unknown =>
    row && [
      bare(row),
      of('buildset_properties', 'buildsetid', row.id).map(bare),
      of('buildset_sourcestamps', 'buildsetid', row.id).map((link) => stamp(one('sourcestamps', link.sourcestampid)!)),
    ];
  const log = (row: Row): unknown => [bare(row), of('logchunks', 'logid', row.id).map(bare)];
  const results = (row: Row): unknown => [
    bare(row),
    of('test_results', 'test_result_setid', row.id).map((result) => [bare(result), one('test_names', result.test_nameid)?.name]),
  ]; // prettier-ignore
  const step = (row: Row): unknown => [
    bare(row),
    of('logs', 'stepid', row.id).map(log),
    of('test_result_sets', 'stepid', row.id).map(results),
  ];
  const build = (row: Row): unknown => [
    bare(row),
    one('masters', row.masterid)?.name,
    one('workers', row.workerid)?.name,
    sorted(of('build_properties', 'buildid', row.id).map(bare)),
    of('build_data', 'buildid', row.id).map(bare),
    of('steps', 'buildid', row.id).map(step),
  ];
  const request = (row: Row): unknown => [
    bare(row),
    of('buildrequest_claims', 'brid', row.id).map(bare),
    buildset(one('buildsets', row.buildsetid)),
    of('builds', 'buildrequestid', row.id).map(build),
  ];
  return sorted(of('buildrequests', 'builderid', builder?.id).map(request));
}

function isReference(column: string): boolean {
  return column === 'id' || column === 'brid' || (column !== 'external_idstring' && column.endsWith('id'));
}
