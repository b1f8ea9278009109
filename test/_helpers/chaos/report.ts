import type { EngineName } from '../database.js';
import { countChanges, countPlain, countStable } from './count-changes.js';
import { countFirings, type Count } from './count-firings.js';
import { everySeconds, expireAfter, extraScheduler, minutely, poller } from './cluster-text.js';
import { isWell, type Evidence } from './evidence.js';
import { idleHolders } from './idle-holders.js';
import { ownershipProblems } from './ownership.js';
import { servedSpans } from './served.js';

export interface ChaosReport {
  readonly seed: number;
  readonly engine: EngineName;
  /** By kind. */
  readonly faults: Readonly<Record<string, number>>;
  readonly counts: readonly Count[];
  /** How often a master was declared dead, and how often a service changed hands. */
  readonly expiries: number;
  readonly takeovers: number;
  /** Heartbeats that failed though nothing was wrong. */
  readonly needlessFences: number;
  /** Seconds until everything was held again at the end. */
  readonly wholeAfter: number;
  /** All that was wrong; empty where nothing was. */
  readonly problems: readonly string[];
}

export interface Circumstances {
  readonly seed: number;
  readonly engine: EngineName;
  readonly wholeAfter: number;
  readonly problems: readonly string[];
  readonly expected: readonly string[];
  readonly known: ReadonlySet<string>;
}

export function judge(evidence: Evidence, { expected, known, problems, ...rest }: Circumstances): ChaosReport {
  const timed = [...Object.keys(everySeconds), minutely, extraScheduler].map((name) => countFirings(evidence, name));
  const counts = [...timed, countPlain(evidence), countStable(evidence), countChanges(evidence, expected, known)];
  const wrong = counts.flatMap(({ missing, double }) => [...missing, ...double]);
  const running = [...servedSpans(evidence, poller).problems, ...idleHolders(evidence, graceSeconds)];
  return {
    ...rest,
    faults: tally(evidence.log.faults.map(({ kind }) => kind)),
    counts,
    expiries: evidence.lines.filter(({ message }) => message === 'cleaned up after a dead master').length,
    takeovers: evidence.activities.length,
    needlessFences: evidence.lines.filter((line) => line.message.startsWith('fenced') && isWell(evidence, line.master, line.at, expireAfter)).length, // prettier-ignore
    problems: [...problems, ...wrong, ...running, ...ownershipProblems(evidence), ...rawProblems(evidence)],
  };
}

/** What only a bug makes a master say. */
export function rawProblems({ lines }: Pick<Evidence, 'lines'>): string[] {
  return lines.filter(({ level, message }) => level === 'raw' && isBug(message)).map(({ master, message }) => `${master} said: ${message}`);
} // prettier-ignore

/** A master that cannot reach the database when it starts says so and ends; its supervisor tries again. */
function isBug(message: string): boolean {
  return /bug in bbctl|^\s*at |refused|is running/.test(message);
}

/** Who has just taken a service over, and is about to run it. */
export const graceSeconds = 3;

export function tally(all: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const one of all) found[one] = (found[one] ?? 0) + 1;
  return found;
}

export function formatReport({ counts, faults, problems, ...report }: ChaosReport): string {
  const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  return [
    `${report.engine}, seed ${report.seed}`,
    `  faults: ${kinds.join(', ')}`,
    ...counts.map(({ name, done, missing, double }) => `  ${name}: ${done}, missing ${missing.length}, double ${double.length}`),
    `  masters declared dead ${report.expiries}, activations ${report.takeovers}, fenced for nothing ${report.needlessFences}, whole again after ${report.wholeAfter.toFixed(1)} s`, // prettier-ignore
    ...problems.map((problem) => `  ! ${problem}`),
  ].join('\n'); // prettier-ignore
}
