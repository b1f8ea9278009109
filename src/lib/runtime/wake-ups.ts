import type { Topic } from '../db/announcements.js';
import type { Clock } from './clock.js';

/** Tells whoever waits for a topic, in this process. */
export class WakeUps {
  private readonly alarms = new Set<Alarm>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  announce(topics: Iterable<Topic>): void {
    for (const topic of topics) for (const alarm of this.alarms) alarm.ring(topic);
  }

  /** Everybody, whatever they wait for. */
  ringAll(): void {
    for (const alarm of this.alarms) alarm.ringAnyhow();
  }

  /** Topics that somebody waits for. */
  get watched(): ReadonlySet<Topic> {
    return new Set([...this.alarms].flatMap(({ topics }) => topics));
  }

  /** What rings while nobody waits is remembered for the next wait. */
  alarm(topics: readonly Topic[]): Alarm {
    const alarm = new Alarm(topics, this.clock, () => this.alarms.delete(alarm));
    this.alarms.add(alarm);
    return alarm;
  }
}

export class Alarm {
  readonly topics: readonly Topic[];
  private readonly clock: Clock;
  readonly close: () => void;
  private hasRung = false;
  private waiting: AbortController | undefined;

  constructor(topics: readonly Topic[], clock: Clock, close: () => void) {
    this.topics = topics;
    this.clock = clock;
    this.close = close;
  }

  ring(topic: Topic): void {
    if (this.topics.includes(topic)) this.ringAnyhow();
  }

  ringAnyhow(): void {
    this.hasRung = true;
    this.waiting?.abort();
  }

  /** Until it rings, the time is over (`null`: never), or the signal is aborted. */
  async wait(ms: number | null, signal: AbortSignal): Promise<void> {
    if (!this.hasRung && !signal.aborted) await this.sleep(ms ?? Infinity, signal);
    this.hasRung = false;
  }

  private async sleep(ms: number, signal: AbortSignal): Promise<void> {
    const waiting = new AbortController();
    const wake = (): void => waiting.abort();
    this.waiting = waiting;
    signal.addEventListener('abort', wake);
    await this.clock.sleep(ms, waiting.signal);
    signal.removeEventListener('abort', wake);
  }
}
