import { counts } from './cluster-rows.js';
import * as rowsOf from './history.js';
import type { Dialect, Sizes } from './history.js';

export const deadMaster = counts.masters;
export const stepsPerBuild = 20;

export interface CrashSizes {
  requests: number;
  builds: number;
  steps: number;
}

export function crashSizesAt(scale: number): CrashSizes {
  const builds = Math.max(1, Math.round(1000 * scale));
  return { requests: builds * 10, builds, steps: builds * stepsPerBuild };
}

/** What a master leaves that dies with its hands full, as rows after those of the cluster's history. */
export function crashStatements(sizes: Sizes, crash: CrashSizes, dialect: Dialect, now: number): string[] {
  const at = `${now - 7200}`;
  const request = `${sizes.builds + sizes.collapsed + sizes.running + sizes.pending} + i`;
  const build = `${sizes.builds + sizes.running} + i`;
  const requests = dialect.series(crash.requests);
  return [
    rowsOf.insertFrom(requests, 'buildsets', rowsOf.buildsetColumns(request, at, rowsOf.stillOpen)),
    rowsOf.insertFrom(requests, 'buildset_sourcestamps', rowsOf.sourcestampColumns(request)),
    rowsOf.insertFrom(requests, 'buildrequests', rowsOf.requestColumns(request, build, at, rowsOf.stillOpen)),
    rowsOf.insertFrom(requests, 'buildrequest_claims', rowsOf.claimColumns(request, `${deadMaster}`, at)),
    rowsOf.insertFrom(dialect.series(crash.builds), 'builds', {
      ...rowsOf.buildColumns(build, request, `${deadMaster}`, at),
      ...rowsOf.buildOpen,
    }),
    ...openStepStatements(sizes, crash, dialect, at),
  ];
}

function openStepStatements(sizes: Sizes, crash: CrashSizes, dialect: Dialect, at: string): string[] {
  const rows = dialect.series(crash.steps);
  const build = `${sizes.builds + sizes.running} + 1 + (i - 1) / ${stepsPerBuild}`;
  const step = `${sizes.builds * sizes.stepsPerBuild + sizes.running * 2} + i`;
  const log = `${sizes.builds + sizes.running} + i`;
  return [
    rowsOf.insertFrom(rows, 'steps', {
      ...rowsOf.stepColumns(step, build, `((i - 1) % ${stepsPerBuild})`, at),
      ...{ complete_at: 'NULL', results: 'NULL' },
    }),
    rowsOf.insertFrom(rows, 'logs', rowsOf.logColumns(log, step, 0)),
    rowsOf.insertFrom(rows, 'logchunks', rowsOf.chunkColumns(log, dialect)),
  ];
}
