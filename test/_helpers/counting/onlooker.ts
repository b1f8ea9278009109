import { setTimeout as pause } from 'node:timers/promises';
import type { Transaction } from '../../../src/lib/db/connect.js';
import type { Store } from '../../../src/lib/runtime/store.js';
import type { BuildRecords } from './build-records.js';

interface Finished {
  readonly results: number;
  readonly completeAt: number;
}

type Raw = Record<string, unknown>;

/** Remembers what has been seen to be finished, or written, for that to be so for ever. */
export class Onlooker {
  /** Requests that wait or are built. */
  open = 0;
  private readonly store: Pick<Store, 'glance'>;
  private readonly builds = new Map<number, Finished>();
  private readonly requests = new Map<number, Finished>();
  private readonly lines = new Map<number, number>();
  private readonly changed = new Set<string>();

  constructor(store: Pick<Store, 'glance'>) {
    this.store = store;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // What it is not told it does not know.
      await this.store.glance((tx) => this.look(tx)).catch(() => {});
      await pause(700, undefined, { signal }).catch(() => {});
    }
  }

  /** What was so once and is not so any more. */
  problems({ builds, requests, logs }: BuildRecords): string[] {
    const now = new Map(builds.map((one) => [one.id, one]));
    const nowAsked = new Map(requests.map((one) => [one.id, one]));
    const nowLogged = new Map(logs.map((one) => [one.id, one]));
    return [
      ...this.changed,
      ...[...this.builds].filter(([id, seen]) => !isSame(now.get(id), seen)).map(([id]) => `build ${id} was finished, and is no more as it was`), // prettier-ignore
      ...[...this.requests].filter(([id, seen]) => !isSame(nowAsked.get(id), seen)).map(([id]) => `request ${id} was complete, and is no more as it was`), // prettier-ignore
      ...[...this.lines].filter(([id, lines]) => (nowLogged.get(id)?.lines ?? 0) < lines).map(([id, lines]) => `log ${id} had ${lines} lines, and has fewer`), // prettier-ignore
    ];
  }

  private async look({ sql }: Transaction): Promise<void> {
    const builds = await sql('builds').whereNotNull('complete_at').orderBy('id', 'desc').limit(100).select<Raw[]>('id', 'results', 'complete_at'); // prettier-ignore
    this.remember('build', this.builds, builds);
    const requests = await sql('buildrequests').where('complete', 1).orderBy('id', 'desc').limit(100).select<Raw[]>('id', 'results', 'complete_at'); // prettier-ignore
    this.remember('request', this.requests, requests);
    for (const row of await sql('logs').orderBy('id', 'desc').limit(60).select<Raw[]>('id', 'num_lines'))
      this.lines.set(Number(row['id']), Math.max(this.lines.get(Number(row['id'])) ?? 0, Number(row['num_lines'])));
    const [{ count } = { count: 0 }] = await sql('buildrequests').where('complete', 0).count<{ count: number }[]>({ count: '*' }); // prettier-ignore
    this.open = Number(count);
  }

  private remember(what: string, seen: Map<number, Finished>, rows: readonly Raw[]): void {
    for (const row of rows) {
      const [id, one] = [
        Number(row['id']),
        { results: Number(row['results']), completeAt: Number(row['complete_at']) },
      ];
      const before = seen.get(id);
      if (!before) seen.set(id, one);
      else if (!isSame(one, before)) this.changed.add(`${what} ${id} was finished, and was changed after that`);
    }
  }
}

function isSame(one: { results: number | null; completeAt: number | null } | undefined, seen: Finished): boolean {
  return one?.results === seen.results && one.completeAt === seen.completeAt;
}
