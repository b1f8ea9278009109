import { setTimeout as pause } from 'node:timers/promises';
import { countOpenRequests, until, type Queryable } from '../buildbot.js';
import { epoch } from '../chaos/chaos-log.js';
import { call, type Asked } from '../counting/client.js';
import type { Key, Side } from './sides.js';

export interface AskingOptions {
  readonly db: Queryable;
  readonly token: string;
  readonly sides: Readonly<Record<Key, Side>>;
}

export const countingBuilders = ['tally', 'lonely'] as const;
export type Builder = (typeof countingBuilders)[number] | 'slow';

const client = 'client';
const everyMs = 300;
/** More of them waiting would tell nothing new. */
const mostOpen = 40;

/** Asks for builds all the time, of one master as often as of the other, whether it answers or not; and counts. */
export class Asking {
  readonly asked: Asked[] = [];
  private readonly options: AskingOptions;
  private count = 0;
  private over = new AbortController();
  private run: Promise<void> = Promise.resolve();

  constructor(options: AskingOptions) {
    this.options = options;
  }

  get acknowledged(): number {
    return this.asked.filter(({ acknowledged }) => acknowledged).length;
  }

  start(): void {
    this.over = new AbortController();
    this.run = this.askOn(this.over.signal);
  }

  /** Until so many more were taken. */
  async more(count: number): Promise<void> {
    const before = this.acknowledged;
    await until(`${count} more were asked for`, () => this.acknowledged >= before + count);
  }

  async stop(): Promise<void> {
    this.over.abort();
    await this.run;
  }

  private async askOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.count + 1;
      // A database that is away answers nobody.
      const open = await countOpenRequests(this.options.db).catch(() => 0);
      if (open < mostOpen) await this.ask(next % 2 === 0 ? 'blue' : 'green', next % 5 === 0 ? 'lonely' : 'tally');
      await pause(everyMs, undefined, { signal }).catch(() => {});
    }
  }

  /** The request; `null`: nobody knows whether there is one. */
  async ask(key: Key, builder: Builder): Promise<number | null> {
    const number = ++this.count;
    const { sides, token } = this.options;
    const given = { client, number: String(number), ticks: number % 4 === 0 ? '1' : '0' };
    const who = sides[key].kind === 'bbctl' ? { owner: client, properties: given } : { username: `${client} <a@b.invalid>`, ...given }; // prettier-ignore
    const params = { builderNames: [builder], reason: 'counted', ...who };
    const answer = await call({ token }, portOf(sides[key]), { place: 'forceschedulers/force', method: 'force', params }); // prettier-ignore
    const acknowledged = acknowledgement(answer);
    this.asked.push({ client, number, builder, isCancelled: false, acknowledged });
    return acknowledged?.requestId ?? null;
  }
}

/** A master that never ran has none: nobody answers at 0. */
function portOf(side: Side): number {
  try {
    return Number(new URL(side.url()).port);
  } catch {
    return 0;
  }
}

function acknowledgement(answer: unknown): Asked['acknowledged'] {
  if (!Array.isArray(answer)) return null;
  const [buildsetId, requests] = answer as [number, Record<string, number>];
  const [requestId = 0] = Object.values(requests);
  return { buildsetId, requestId, at: epoch() };
}
