import type { Clock } from '../../../src/lib/runtime/clock.js';
import type { Timeline } from './timeline.js';

/** A process that can be stopped, continued and killed, with a clock of its own. */
export class SimulatedProcess {
  readonly number: number;
  readonly clock: Clock;
  state: 'running' | 'paused' | 'gone' = 'running';
  /** Of the timeline. */
  readonly beganMs: number;
  goneMs = Infinity;
  private readonly timeline: Timeline;
  private held: (() => void | Promise<void>)[] = [];

  /** `rate`: seconds of its clock in a second; no two clocks are the same. */
  constructor(timeline: Timeline, number: number, rate: number) {
    this.timeline = timeline;
    this.number = number;
    const zero = (this.beganMs = timeline.nowMs);
    this.clock = {
      monotonicMs: () => (timeline.nowMs - zero) * rate,
      sleep: (ms, signal) => this.sleep(ms, rate, signal),
    };
  }

  /** Lets it know of something: when it runs again, if it is stopped. */
  deliver(happen: () => void | Promise<void>): void | Promise<void> {
    if (this.state === 'paused') this.held.push(happen);
    else if (this.state === 'running') return happen();
  }

  pause(): void {
    if (this.state === 'running') this.state = 'paused';
  }

  async continue(): Promise<void> {
    if (this.state !== 'paused') return;
    this.state = 'running';
    const held = this.held;
    this.held = [];
    for (const happen of held) await happen();
  }

  /** It never does anything again: what it waits for never comes. */
  kill(): void {
    if (this.state !== 'gone') this.goneMs = this.timeline.nowMs;
    this.state = 'gone';
    this.held = [];
  }

  private sleep(ms: number, rate: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      signal?.addEventListener('abort', wake);
      if (ms < 2 ** 31) this.timeline.after(Math.max(1, Math.ceil(ms)) / rate, () => this.deliver(wake));
    });
  }
}
