import type { ChaosLog } from './chaos-log.js';
import type { ChaosMaster } from './chaos-master.js';
import type { Records } from './records.js';
import { activitiesOf, firingsOf, readLog, type Activity, type LoggedFiring, type LogLine } from './read-log.js';
import type { Sample } from './sampler.js';

/** All that is known of a run when it is over. */
export interface Evidence {
  readonly log: ChaosLog;
  readonly masters: readonly string[];
  readonly lines: readonly LogLine[];
  readonly activities: readonly Activity[];
  readonly logged: ReadonlyMap<number, LoggedFiring>;
  /** When each process had joined the cluster, and when it ended. */
  readonly lives: ReadonlyMap<string, readonly { from: number; until: number }[]>;
  readonly samples: readonly Sample[];
  readonly records: Records;
  /** Beyond what a cluster takes that does little: builds of a master that was stopped keep others waiting at their rows. */
  readonly slackSeconds?: number;
}

export function collect(
  masters: readonly ChaosMaster[],
  rest: Pick<Evidence, 'log' | 'samples' | 'records' | 'slackSeconds'>,
): Evidence {
  const logs = masters.map((master) => ({ master, lines: readLog(master.key, master.logFile) }));
  const lines = logs.flatMap((one) => one.lines).sort((a, b) => a.at - b.at);
  return {
    ...rest,
    masters: masters.map(({ key }) => key),
    lines,
    activities: readActivities(masters),
    logged: whenWritten(firingsOf(lines), rest.records),
    lives: new Map(logs.map(({ master, lines: own }) => [master.key, livesOf(own, master.ends)])),
  };
}

/** What the masters have run and run now, by their logs. */
export function readActivities(masters: readonly ChaosMaster[]): Activity[] {
  return masters.flatMap(({ key, logFile, ends }) => activitiesOf(key, readLog(key, logFile), ends));
}

/** What is told after the commit may be told late: it was written in the second in which it was submitted. */
function whenWritten(firings: ReadonlyMap<number, LoggedFiring>, { buildsets }: Records): Map<number, LoggedFiring> {
  return new Map(
    buildsets.flatMap(({ id, submittedAt }): [number, LoggedFiring][] => {
      const firing = firings.get(id);
      return firing ? [[id, { ...firing, at: Math.min(firing.at, submittedAt + 1) }]] : [];
    }),
  );
}

function livesOf(lines: readonly LogLine[], ends: readonly number[]): { from: number; until: number }[] {
  const joins = lines.filter(({ message }) => message === 'joined the cluster').map(({ at }) => at);
  return joins.map((from) => ({ from, until: Math.min(Infinity, ...ends.filter((end) => end > from)) }));
}

/** Nothing was wrong with it then, nor for some seconds before. */
export function isWell({ log, lives }: Evidence, master: string, at: number, settleSeconds: number): boolean {
  const lived = (lives.get(master) ?? []).some(({ from, until }) => from + settleSeconds <= at && at <= until);
  return lived && !log.isHit(master, at, settleSeconds);
}
