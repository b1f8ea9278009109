import { resultName } from '../model/results.js';
import type { EndedBuild, MasterReport, ShutDownReport, ShutDownStatus } from './events.js';
import type { Leaving } from './shut-down.js';

interface Outcome {
  /** The deadline has ended it. */
  readonly isOver: boolean;
  readonly isInterrupted: boolean;
  readonly nowMs: number;
}

export function reportOf(
  all: readonly Leaving[],
  results: ReadonlyMap<number, number | null>,
  outcome: Outcome,
): ShutDownReport {
  const masters = all.map((one) => masterReport(one, results, outcome.nowMs));
  return { status: statusOf(masters, outcome), masters };
}

function statusOf(masters: readonly MasterReport[], { isOver, isInterrupted }: Outcome): ShutDownStatus {
  const endings = masters.map(({ ending }) => ending);
  if (endings.every((ending) => ending === 'stopped')) return 'stopped';
  if (endings.includes('running') && isInterrupted) return 'interrupted';
  return endings.includes('running') && isOver ? 'deadline' : 'partly done';
}

function masterReport(one: Leaving, results: ReadonlyMap<number, number | null>, nowMs: number): MasterReport {
  const { watched, isAsked, wasKilled, error, askedAtMs, endedAtMs, builds } = one;
  return {
    id: watched.id,
    name: watched.name,
    ending: isAsked ? (watched.ending ?? 'running') : 'not asked',
    killed: wasKilled,
    seconds: Math.round(((endedAtMs ?? nowMs) - askedAtMs) / 1000),
    error: error?.message ?? null,
    builds: [...builds.values()].map((build): EndedBuild => ({
      id: build.id,
      builder: build.builder,
      number: build.number,
      results: named(results.get(build.id) ?? null),
    })),
  };
}

function named(result: number | null): string | null {
  return result === null ? null : resultName(result);
}
