import { setTimeout as pause } from 'node:timers/promises';
import { epoch, type ChaosLog } from '../chaos/chaos-log.js';
import { until } from '../buildbot/until.js';
import type { Random } from '../random.js';
import type { CountedCluster } from './counted-cluster.js';
import { merging } from './counted-cluster.js';

/** What was asked for, and what became of asking. */
export interface Asked {
  readonly client: string;
  readonly number: number;
  readonly builder: string;
  /** It was asked to be cancelled, whether it was or not. */
  readonly isCancelled: boolean;
  /** `null`: nobody knows whether it was taken. */
  readonly acknowledged: { readonly buildsetId: number; readonly requestId: number; readonly at: number } | null;
}

export interface ClientOptions {
  readonly name: string;
  readonly cluster: CountedCluster;
  readonly random: Random;
  readonly log: ChaosLog;
  /** Too much waits already. */
  readonly isEnough: () => boolean;
  /** After it was taken, now and then. */
  readonly hasten: (requestId: number, priority: number) => Promise<void>;
}

const answerMs = 4000;

/** Asks for one build after the other, on whichever master answers, and counts. */
export class Client {
  readonly asked: Asked[] = [];
  private readonly options: ClientOptions;

  constructor(options: ClientOptions) {
    this.options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { random, isEnough } = this.options;
    while (!signal.aborted) {
      if (!isEnough()) await this.ask();
      await pause(random.whole(100, 400), undefined, { signal }).catch(() => {});
    }
  }

  /** When nothing is wrong any more, it is heard. */
  async askUntilHeard(): Promise<void> {
    const count = (): number => this.asked.filter(({ acknowledged }) => acknowledged).length;
    const before = count();
    await until(`${this.options.name} is heard`, async () => (await this.ask(), count() > before));
  }

  private async ask(): Promise<void> {
    const { name: client, random, log, hasten } = this.options;
    const number = this.asked.length + 1;
    const { builder, ticks } = draw(random);
    const branch = builder === merging ? random.pick(['left', 'right']) : '';
    const properties = { client, number, ticks, tenths: random.whole(0, 6) };
    const answer = await this.force({ owner: client, builderNames: [builder], branch, properties });
    const acknowledged = answer && { ...answer, at: epoch() };
    const isCancelled = acknowledged !== null && random.chance(0.05);
    this.asked.push({ client, number, builder, isCancelled, acknowledged });
    if (!acknowledged) return log.say('not acknowledged', { client, number });
    if (random.chance(0.1)) await hasten(acknowledged.requestId, random.whole(1, 5)).catch(() => {});
    if (isCancelled) await this.cancel(acknowledged.requestId);
  }

  /** At once, or when it may have begun; on whichever master: another one than that which builds it says so. */
  private async cancel(requestId: number): Promise<void> {
    const { cluster, random } = this.options;
    await pause(random.pick([0, 0, 1500]));
    for (const port of cluster.ports.values())
      await call(cluster, port, { place: `buildrequests/${requestId}`, method: 'cancel' });
  }

  private async force(params: Record<string, unknown>): Promise<{ buildsetId: number; requestId: number } | null> {
    const { cluster, random } = this.options;
    const port = random.pick([...cluster.ports.values()]);
    const answer = await call(cluster, port, { place: 'forceschedulers/force', method: 'force', params });
    if (!Array.isArray(answer)) return null;
    const [buildsetId, requests] = answer as [number, Record<string, number>];
    const [requestId = 0] = Object.values(requests);
    return { buildsetId, requestId };
  }
}

/** By Buildbot's JSON-RPC; `undefined`: nobody obeyed, or it is not known. */
export async function call(
  { token }: Pick<CountedCluster, 'token'>,
  port: number,
  { place, method, params = {} }: { place: string; method: string; params?: Record<string, unknown> },
): Promise<unknown> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/api/v2/${place}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(answerMs),
    });
    return ((await response.json()) as { result?: unknown }).result;
  } catch {
    return undefined;
  }
}

function draw(random: Random): { builder: string; ticks: number } {
  return random.pickWeighted([
    [{ builder: 'tally', ticks: 0 }, 5],
    [{ builder: 'tally', ticks: random.whole(1, 4) }, 4],
    // Longer than a master takes to expire.
    [{ builder: 'tally', ticks: 14 }, 0.7],
    [{ builder: 'talk', ticks: random.whole(1, 6) }, 2],
    [{ builder: 'fail', ticks: random.whole(0, 2) }, 1],
    [{ builder: 'parent', ticks: random.whole(0, 2) }, 1.5],
    [{ builder: merging, ticks: random.whole(0, 4) }, 2],
  ]);
}
