import { idleHolders } from '../chaos/idle-holders.js';
import { countFirings, type Count } from '../chaos/count-firings.js';
import { everySeconds, extraScheduler } from '../chaos/cluster-text.js';
import { type Evidence } from '../chaos/evidence.js';
import { ownershipProblems } from '../chaos/ownership.js';
import { graceSeconds, rawProblems, tally, type Circumstances } from '../chaos/report.js';
import type { BuildRecords } from './build-records.js';
import type { Asked } from './client.js';
import { countEffects, countOverlaps, overlapProblems, retries } from './judge-effects.js';
import { logProblems } from './judge-logs.js';
import { collapseProblems, countRequests, resultProblems } from './judge-requests.js';
import type { Onlooker } from './onlooker.js';
import type { SideEffects } from './side-effects.js';

export interface CountingReport extends Pick<Circumstances, 'seed' | 'engine' | 'wholeAfter' | 'problems'> {
  /** By kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly counts: readonly Count[];
  readonly asked: number;
  readonly acknowledged: number;
  readonly builds: number;
  readonly retries: number;
  /** Tries of one request at one time: of masters that could not know that they were dead. */
  readonly overlaps: number;
  readonly logLines: number;
  readonly expiries: number;
}

export interface Counted {
  readonly evidence: Evidence;
  readonly records: BuildRecords;
  readonly asked: readonly Asked[];
  readonly effects: SideEffects;
  readonly onlooker: Onlooker;
}

type Given = Pick<Circumstances, 'seed' | 'engine' | 'wholeAfter' | 'problems'>;

export function judgeCounting({ evidence, records, asked, effects, onlooker }: Counted, { problems, ...rest }: Given): CountingReport {
  const timed = [...Object.keys(everySeconds), extraScheduler].map((name) => countFirings(evidence, name));
  const counts = [countRequests(records, asked), countEffects(records, effects), ...timed];
  return {
    ...rest,
    faults: tally(evidence.log.faults.map(({ kind }) => kind)),
    counts,
    asked: asked.length,
    acknowledged: asked.filter(({ acknowledged }) => acknowledged).length,
    builds: records.builds.length,
    retries: retries(records),
    overlaps: countOverlaps(records, effects),
    logLines: records.logs.reduce((sum, { lines }) => sum + lines, 0),
    expiries: evidence.lines.filter(({ message }) => message === 'cleaned up after a dead master').length,
    problems: [
      ...problems,
      ...counts.flatMap(({ missing, double }) => [...missing, ...double]),
      ...resultProblems(records),
      ...collapseProblems(records),
      ...logProblems(records),
      ...overlapProblems(records, effects, evidence.log),
      ...onlooker.problems(records),
      ...idleHolders(evidence, graceSeconds),
      ...ownershipProblems(evidence),
      ...rawProblems(evidence),
    ],
  };
} // prettier-ignore

export function formatCounting({ counts, faults, problems, ...report }: CountingReport): string {
  const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  return [
    `${report.engine}, seed ${report.seed}`,
    `  faults: ${kinds.join(', ')}`,
    `  forced ${report.asked}, acknowledged ${report.acknowledged}; builds ${report.builds}, of these retried ${report.retries}; lines of logs ${report.logLines}`, // prettier-ignore
    ...counts.map(({ name, done, missing, double }) => `  ${name}: ${done}, missing ${missing.length}, double ${double.length}`),
    `  masters declared dead ${report.expiries}, tries that overlapped ${report.overlaps}, whole again after ${report.wholeAfter.toFixed(1)} s`, // prettier-ignore
    ...problems.map((problem) => `  ! ${problem}`),
  ].join('\n'); // prettier-ignore
}
