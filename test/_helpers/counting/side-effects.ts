import { readFileSync } from 'node:fs';

/** What one run of the step said it did. Times are epoch seconds. */
export interface Try {
  readonly client: string;
  readonly number: string;
  readonly builder: string;
  readonly buildNumber: number;
  /** The key of its master, by the folder in which it ran. */
  readonly master: string;
  readonly begun: number;
  /** When it was heard of last. */
  last: number;
  hasEnded: boolean;
}

export interface SideEffects {
  readonly tries: readonly Try[];
  readonly problems: readonly string[];
}

/** By the file to which the builds have appended. */
export function readSideEffects(file: string, dir: string): SideEffects {
  const tries: Try[] = [];
  const problems: string[] = [];
  const current = new Map<string, Try>();
  for (const line of readFileSync(file, 'utf8')
    .split('\n')
    .filter((text) => text !== '')) {
    const [time, what, client = '', number = '', builder = '', buildNumber = '', cwd = ''] = line.split(' ');
    const at = Number(time);
    const key = `${builder} ${buildNumber}`;
    const one = current.get(key);
    if (what === 'start') {
      if (one) problems.push(`build ${buildNumber} of ${builder} has begun its step twice`);
      const begun: Try = { client, number, builder, buildNumber: Number(buildNumber), master: masterIn(cwd, dir), begun: at, last: at, hasEnded: false }; // prettier-ignore
      current.set(key, begun);
      tries.push(begun);
    } else if (!one) problems.push(`build ${buildNumber} of ${builder} says "${what}" without having begun`);
    else {
      if (one.hasEnded) problems.push(`build ${buildNumber} of ${builder} says "${what}" after its end`);
      one.last = Math.max(one.last, at);
      one.hasEnded ||= what === 'end';
    }
  }
  return { tries, problems };
}

function masterIn(cwd: string, dir: string): string {
  return cwd.slice(dir.length + 1).split('/')[0] ?? '?';
}
