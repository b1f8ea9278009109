import type { LogChunk } from '../../model/log-chunk.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import { Spool } from './spool.js';

/** Where the chunks of one log go. */
export interface ChunkSink {
  /** Called in the order of the lines, several before the first is written. Resolves when it is in the database. */
  append(chunk: LogChunk): Promise<void>;
  /** Once, after all others. */
  finish(lines: number): Promise<void>;
}

export interface QueueOptions {
  /** Where the spool is made when it is needed: a disk, not memory. */
  readonly spoolFolder: string;
  readonly mostSpoolBytes: number;
  /** The sink may take nothing for so long before what comes goes to the disk. */
  readonly patienceMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** So many at once, for whoever writes several in one transaction. */
const mostUnderWay = 8;
const mostInMemory = 16;

/**
 * Chunks on their way to the sink, in order, and few of them in memory. Who adds more waits for the sink (and so does the
 * process whose output it is), but for a sink that does not answer at all: then they wait on disk.
 */
export class ChunkQueue {
  private readonly sink: ChunkSink;
  private readonly options: QueueOptions;
  private readonly spool: Spool;
  private readonly memory: LogChunk[] = [];
  private underWay = 0;
  private isSending = false;
  private spoolIsBroken = false;
  private failure: { readonly error: unknown } | null = null;
  /** When the sink has last taken something, or had nothing to take. */
  private lastAnswerMs: number;
  private onAnswer = (): void => {};

  constructor(sink: ChunkSink, options: QueueOptions) {
    this.sink = sink;
    this.options = options;
    this.lastAnswerMs = options.clock.monotonicMs();
    this.spool = new Spool(options.spoolFolder, options.mostSpoolBytes);
  }

  /** Resolves when there is room for another. One at a time. Throws what the sink has thrown. */
  async add(chunk: LogChunk): Promise<void> {
    while (!this.hasRoom()) {
      if (await this.isSpooled(chunk)) return;
      await this.answer();
    }
    this.verify();
    if (this.isIdle()) this.lastAnswerMs = this.options.clock.monotonicMs();
    this.memory.push(chunk);
    this.send();
  }

  /** Resolves when the sink has taken all. */
  async drained(): Promise<void> {
    while (!this.isIdle() && !this.failure) await this.answer();
    await this.spool.clear();
    this.verify();
  }

  private hasRoom(): boolean {
    return this.failure !== null || (this.spool.isEmpty && this.memory.length < mostInMemory);
  }

  private isIdle(): boolean {
    return this.memory.length === 0 && this.underWay === 0 && this.spool.isEmpty && !this.isSending;
  }

  private verify(): void {
    if (this.failure) throw this.failure.error;
  }

  private async isSpooled(chunk: LogChunk): Promise<boolean> {
    if (this.msOfPatience() > 0 || this.spoolIsBroken || !this.spool.hasRoom) return false;
    try {
      await this.spool.append(chunk);
    } catch (error) {
      this.spoolIsBroken = true;
      this.options.log.warn('output cannot be kept on disk: the build waits', { why: String(error) });
      return false;
    }
    this.send();
    return true;
  }

  private msOfPatience(): number {
    return this.lastAnswerMs + this.options.patienceMs - this.options.clock.monotonicMs();
  }

  /** The sink has taken something, or the patience is at its end. */
  private answer(): Promise<void> {
    const waitsMs = this.msOfPatience();
    const answered = new AbortController();
    return new Promise((resolve) => {
      if (waitsMs > 0) void this.options.clock.sleep(waitsMs, answered.signal).then(resolve);
      this.onAnswer = () => {
        answered.abort();
        resolve();
      };
    });
  }

  private send(): void {
    if (!this.isSending) void this.sendAll();
  }

  private async sendAll(): Promise<void> {
    this.isSending = true;
    try {
      while (!this.failure && this.underWay < mostUnderWay) {
        if (this.memory.length === 0 && this.spool.isEmpty) break;
        this.hand(this.memory.shift() ?? (await this.spool.take()));
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.isSending = false;
      this.onAnswer();
    }
  }

  private hand(chunk: LogChunk): void {
    this.underWay++;
    this.sink.append(chunk).then(
      () => this.taken(),
      (error: unknown) => this.fail(error),
    );
  }

  private taken(): void {
    this.underWay--;
    this.lastAnswerMs = this.options.clock.monotonicMs();
    this.send();
    this.onAnswer();
  }

  private fail(error: unknown): void {
    this.failure ??= { error };
    this.onAnswer();
  }
}
