/** Rings once when it was not stopped, or started again, for so long; `null`: never. */
export class Countdown {
  private readonly ms: number | null;
  private readonly onEnd: () => void;
  private timer: NodeJS.Timeout | null = null;

  constructor(ms: number | null, onEnd: () => void) {
    this.ms = ms;
    this.onEnd = onEnd;
  }

  start(): void {
    this.stop();
    // Timers of Node hold no more.
    if (this.ms !== null) this.timer = setTimeout(this.onEnd, Math.min(this.ms, 2 ** 31 - 1));
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }
}
