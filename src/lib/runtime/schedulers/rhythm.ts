import type { SchedulerConfig } from '../../model/cluster-config.js';
import { cronMode, periodic } from '../../model/schedules.js';
import type { Rhythm } from '../../model/schedules.js';

export type TimedConfig = Extract<SchedulerConfig, { kind: 'periodic' | 'nightly' }>;

export async function rhythmOf(config: TimedConfig): Promise<Rhythm> {
  return config.kind === 'periodic' ? periodic(config.everyMs) : nightly(config.cron, config.timezone);
}

/**
 * A time that the clocks skip in spring comes when they have been put forward; one that they show twice in autumn comes
 * the first time.
 */
async function nightly(cron: string, timezone: string | null): Promise<Rhythm> {
  const { Cron } = await import('croner');
  const pattern = new Cron(cron, { paused: true, mode: cronMode, ...(timezone === null ? {} : { timezone }) });
  const next = (after: number): number | null => {
    const time = pattern.nextRun(new Date(after * 1000));
    return time === null ? null : time.getTime() / 1000;
  };
  return { first: next, after: next };
}
