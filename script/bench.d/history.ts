import { counts } from './cluster-rows.js';

/** What the two engines spell differently. */
export interface Dialect {
  /** A table expression of rows numbered from 1 to `count` in the column `i`. */
  series(count: number): string;
  bytes(text: string): string;
}

export interface Sizes {
  builds: number;
  stepsPerBuild: number;
  /** Requests that were merged into others: complete, claimed, without a build. */
  collapsed: number;
  running: number;
  pending: number;
}

export function sizesAt(scale: number): Sizes {
  const builds = Math.round(1_000_000 * scale);
  return { builds, stepsPerBuild: 5, collapsed: Math.round(builds / 20), running: 20, pending: 50 };
}

const secondsBetweenBuilds = 63;
const hour = 3600;
const logText = Array.from({ length: 8 }, (_, i) => `o line ${i} of the log`).join('\n') + '\n';

type Columns = Record<string, string | number>;

export function insertFrom(rows: string, table: string, columns: Columns): string {
  return `INSERT INTO ${table} (${Object.keys(columns).join(', ')}) SELECT ${Object.values(columns).join(', ')} FROM ${rows}`;
}

/** The same builder and number follow from a build's id everywhere, so numbers are unique in each builder. */
const builderOf = (buildId: string): string => `1 + (${buildId}) % ${counts.builders}`;
const numberOf = (buildId: string): string => `1 + (${buildId}) / ${counts.builders}`;
const workerOf = (buildId: string): string => `1 + (${builderOf(buildId)}) % ${counts.workers}`;
const resultOf = (i: string): string => `CASE ${i} % 10 WHEN 0 THEN 2 WHEN 1 THEN 1 ELSE 0 END`;
const spread = (i: string, masters: number): string => `1 + ${i} / 3 % ${masters}`;

export function buildsetColumns(id: string, submittedAt: string, outcome: Columns): Columns {
  return { id, external_idstring: 'NULL', reason: `'scheduler'`, submitted_at: submittedAt, ...outcome };
}

export function requestColumns(id: string, buildId: string, submittedAt: string, outcome: Columns): Columns {
  const place = { id, buildsetid: id, builderid: builderOf(buildId), priority: 0, waited_for: 0 };
  return { ...place, submitted_at: submittedAt, ...outcome };
}

export const stillOpen: Columns = { complete: 0, complete_at: 'NULL', results: -1 };

export function completed(at: string, results: string | number): Columns {
  return { complete: 1, complete_at: at, results };
}

export function buildColumns(id: string, requestId: string, masterId: string, startedAt: string): Columns {
  const place = { builderid: builderOf(id), number: numberOf(id), workerid: workerOf(id), masterid: masterId };
  return { id, ...place, buildrequestid: requestId, started_at: startedAt };
}

export const buildEnded = (at: string, results: string): Columns => ({
  complete_at: at,
  state_string: `'build successful'`,
  results,
});

export const buildOpen: Columns = { complete_at: 'NULL', state_string: `'building'`, results: 'NULL' };

export function stepColumns(id: string, buildId: string, number: string, startedAt: string): Columns {
  const place = { id, number, name: `'step-' || (${number})`, buildid: buildId };
  return { ...place, started_at: startedAt, state_string: `'ran'`, urls_json: `'[]'`, hidden: 0 };
}

export function logColumns(id: string, stepId: string, complete: number): Columns {
  return { id, name: `'stdio'`, slug: `'stdio'`, stepid: stepId, complete, num_lines: 8, type: `'s'` };
}

export function chunkColumns(logId: string, dialect: Dialect): Columns {
  return { logid: logId, first_line: 0, last_line: 7, content: dialect.bytes(logText), compressed: 0 };
}

/** Every buildset has one request of the same id and one source stamp. */
export function sourcestampColumns(id: string): Columns {
  return { id, buildsetid: id, sourcestampid: `1 + (${id}) % ${counts.sourcestamps}` };
}

/** The statements that fill the big tables, ordered so that what is referred to comes first. */
export function historyStatements(sizes: Sizes, dialect: Dialect, now: number): string[] {
  const first = now - 3 * hour - sizes.builds * secondsBetweenBuilds;
  return [
    ...finishedStatements(sizes, dialect, first),
    ...collapsedStatements(sizes, dialect, first),
    ...runningStatements(sizes, dialect, now - 2 * hour),
    ...pendingStatements(sizes, dialect, now - hour),
  ];
}

function finishedStatements(sizes: Sizes, dialect: Dialect, first: number): string[] {
  const all = dialect.series(sizes.builds);
  const start = `${first} + i * ${secondsBetweenBuilds}`;
  const end = `${start} + 600`;
  const perBuild = sizes.stepsPerBuild;
  const build = `(1 + (i - 1) / ${perBuild})`;
  const step = `((i - 1) % ${perBuild})`;
  const stepStart = `${first} + ${build} * ${secondsBetweenBuilds} + ${step} * 120`;
  return [
    insertFrom(all, 'buildsets', buildsetColumns('i', start, completed(end, resultOf('i')))),
    insertFrom(all, 'buildset_sourcestamps', sourcestampColumns('i')),
    insertFrom(all, 'buildrequests', requestColumns('i', 'i', start, completed(end, resultOf('i')))),
    insertFrom(all, 'buildrequest_claims', claimColumns('i', spread('i', counts.masters), start)),
    insertFrom(all, 'builds', {
      ...buildColumns('i', 'i', spread('i', counts.masters), start),
      ...buildEnded(end, resultOf('i')),
    }),
    insertFrom(dialect.series(sizes.builds * perBuild), 'steps', {
      ...stepColumns('i', build, step, stepStart),
      ...{ complete_at: `${stepStart} + 120`, results: 0 },
    }),
    insertFrom(all, 'logs', logColumns('i', `(i - 1) * ${perBuild} + 3`, 1)),
    insertFrom(all, 'logchunks', chunkColumns('i', dialect)),
  ];
}

export function claimColumns(requestId: string, masterId: string, at: string): Columns {
  return { brid: requestId, masterid: masterId, claimed_at: at };
}

function collapsedStatements(sizes: Sizes, dialect: Dialect, first: number): string[] {
  const rows = dialect.series(sizes.collapsed);
  const id = `${sizes.builds} + i`;
  const at = `${first} + i * ${secondsBetweenBuilds * 20}`;
  return [
    insertFrom(rows, 'buildsets', buildsetColumns(id, at, completed(at, 3))),
    insertFrom(rows, 'buildset_sourcestamps', sourcestampColumns(id)),
    insertFrom(rows, 'buildrequests', requestColumns(id, 'i', at, completed(at, 3))),
    insertFrom(rows, 'buildrequest_claims', claimColumns(id, spread('i', counts.masters), at)),
  ];
}

/** The last master runs nothing: it is the one that dies in the copy for `masters expire`. */
function runningStatements(sizes: Sizes, dialect: Dialect, now: number): string[] {
  const rows = dialect.series(sizes.running);
  const request = `${sizes.builds + sizes.collapsed} + i`;
  const build = `${sizes.builds} + i`;
  const firstStep = `${sizes.builds * sizes.stepsPerBuild} + i * 2`;
  const master = `1 + i % ${counts.masters - 1}`;
  return [
    insertFrom(rows, 'buildsets', buildsetColumns(request, `${now}`, stillOpen)),
    insertFrom(rows, 'buildset_sourcestamps', sourcestampColumns(request)),
    insertFrom(rows, 'buildrequests', requestColumns(request, build, `${now}`, stillOpen)),
    insertFrom(rows, 'buildrequest_claims', claimColumns(request, master, `${now}`)),
    insertFrom(rows, 'builds', { ...buildColumns(build, request, master, `${now}`), ...buildOpen }),
    insertFrom(rows, 'steps', {
      ...stepColumns(`${firstStep} - 1`, build, '0', `${now}`),
      ...{ complete_at: `${now + 5}`, results: 0 },
    }),
    insertFrom(rows, 'steps', {
      ...stepColumns(firstStep, build, '1', `${now + 5}`),
      ...{ complete_at: 'NULL', results: 'NULL' },
    }),
    insertFrom(rows, 'logs', logColumns(build, firstStep, 0)),
    insertFrom(rows, 'logchunks', chunkColumns(build, dialect)),
  ];
}

function pendingStatements(sizes: Sizes, dialect: Dialect, now: number): string[] {
  const rows = dialect.series(sizes.pending);
  const id = `${sizes.builds + sizes.collapsed + sizes.running} + i`;
  return [
    insertFrom(rows, 'buildsets', buildsetColumns(id, `${now}`, stillOpen)),
    insertFrom(rows, 'buildset_sourcestamps', sourcestampColumns(id)),
    insertFrom(rows, 'buildrequests', requestColumns(id, 'i', `${now}`, stillOpen)),
  ];
}
