import { readFileSync } from 'node:fs';

/** A line of a master's log; `at` is epoch seconds. */
export interface LogLine {
  readonly at: number;
  readonly master: string;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is no JSON is what Node says when a process dies. */
export function readLog(master: string, file: string): LogLine[] {
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== ''); // prettier-ignore
  return lines.map((line) => parsed(master, line));
}

function parsed(master: string, line: string): LogLine {
  try {
    const { time, level, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
    return { at: Date.parse(String(time)) / 1000, master, level: String(level), message: String(message), fields };
  } catch {
    return { at: 0, master, level: 'raw', message: line, fields: {} };
  }
}

/** A time in which a service ran on a master, as far as the master says. */
export interface Activity {
  readonly service: string;
  readonly master: string;
  readonly from: number;
  readonly until: number;
}

/** A process that ends without a word ends what it ran. */
export function activitiesOf(master: string, lines: readonly LogLine[], ends: readonly number[]): Activity[] {
  const open = new Map<string, number>();
  const found: Activity[] = [];
  const end = (service: string, until: number): void => {
    const from = open.get(service);
    if (from !== undefined) found.push({ service, master, from, until });
    open.delete(service);
  };
  const events = [...lines, ...ends.map((at) => ({ at, message: 'ended' }) as LogLine)].sort((a, b) => a.at - b.at);
  for (const { at, message, fields } of events) {
    const service = serviceIn(fields);
    if (message === 'active') open.set(service, at);
    if (message === 'inactive' || message === 'not ours any more') end(service, at);
    if (message === 'ended') for (const one of [...open.keys()]) end(one, at);
  }
  for (const service of [...open.keys()]) end(service, Infinity);
  return found;
}

function serviceIn(fields: LogLine['fields'] = {}): string {
  const name = fields['scheduler'] ?? fields['changesource'];
  return typeof name === 'string' ? name : '';
}

/** A buildset, as the master tells of it that has made it: just before it commits. */
export interface LoggedFiring {
  readonly buildset: number;
  readonly scheduler: string;
  readonly master: string;
  readonly at: number;
  readonly slot: number | null;
}

/** The last one for each buildset: of one that was rolled back SQLite gives the id away again. */
export function firingsOf(lines: readonly LogLine[]): Map<number, LoggedFiring> {
  const inOrder = lines.filter(({ fields }) => typeof fields['buildset'] === 'number').sort((a, b) => a.at - b.at);
  return new Map(
    inOrder.map(({ at, master, fields }) => {
      const { buildset, scheduler, slot } = fields;
      const firing = { buildset: Number(buildset), scheduler: String(scheduler), master, at, slot: typeof slot === 'number' ? slot : null }; // prettier-ignore
      return [firing.buildset, firing];
    }),
  );
}
