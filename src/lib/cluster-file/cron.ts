import { cronMode } from '../model/schedules.js';
import type { Problem } from './problem.js';
import { entriesIn } from './sections.js';

/** Of the cron lines and time zones of nightly schedulers. */
export async function cronProblems(raw: unknown): Promise<Problem[]> {
  const nightly = entriesIn(raw, 'schedulers').filter(([, { type, cron }]) => type === 'nightly' && typeof cron === 'string'); // prettier-ignore
  if (nightly.length === 0) return [];
  const { Cron } = await import('croner');
  return nightly.flatMap(([name, { cron, timezone }]) => {
    const path = ['schedulers', name];
    if (typeof timezone === 'string' && !isTimezone(timezone))
      return [{ path: [...path, 'timezone'], message: 'should be a time zone like Europe/Berlin' }];
    const wrong = wrongCron(cron as string, (line) => new Cron(line, { paused: true, mode: cronMode }).nextRun());
    return wrong === null ? [] : [{ path: [...path, 'cron'], message: wrong }];
  });
}

function wrongCron(line: string, nextRun: (line: string) => Date | null): string | null {
  try {
    return nextRun(line) === null ? 'never comes' : null;
  } catch (error) {
    const reason = (error as Error).message.replace(/^\w+: /, '');
    return `should be five fields, like "0 3 * * *" (minute, hour, day of month, month, day of week): ${reason}`;
  }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
