import { tmpdir } from 'node:os';
import { compressChunk } from '../../db/log-compression.js';
import { ChunkCutter, type LogChunk } from '../../model/log-chunk.js';
import { LogLines, type LogStream } from '../../model/log-lines.js';
import type { StepLog } from '../builds/step-context.js';
import { systemClock } from '../clock.js';
import type { Clock } from '../clock.js';
import { noLog } from '../log.js';
import { ChunkQueue, type ChunkSink, type QueueOptions } from './chunk-queue.js';

export interface LogWriterOptions extends Partial<QueueOptions> {
  /** The longest that whole lines wait for more of them. */
  readonly flushMs?: number;
}

const defaults: Required<LogWriterOptions> = {
  flushMs: 1000,
  patienceMs: 2000,
  spoolFolder: tmpdir(),
  mostSpoolBytes: 1024 ** 3,
  clock: systemClock,
  log: noLog,
};

/** A log of a step, as it comes, in chunks that Buildbot reads, and in little memory however long it becomes. */
export class LogWriter implements StepLog {
  private readonly sink: ChunkSink;
  private readonly flushMs: number;
  private readonly clock: Clock;
  private readonly queue: ChunkQueue;
  private readonly lines = new LogLines();
  private readonly cutter = new ChunkCutter();
  private flushing: AbortController | null = null;
  private last: Promise<void> = Promise.resolve();
  private closing: Promise<void> | null = null;

  constructor(sink: ChunkSink, options: LogWriterOptions = {}) {
    const { flushMs, ...others } = { ...defaults, ...options };
    this.sink = sink;
    this.flushMs = flushMs;
    this.clock = others.clock;
    this.queue = new ChunkQueue(sink, others);
  }

  header(text: string): Promise<void> {
    return this.add('header', Buffer.from(text));
  }

  /** Throws what the sink has thrown, for this or for what came before. */
  write(stream: Exclude<LogStream, 'header'>, data: Buffer): Promise<void> {
    return this.add(stream, data);
  }

  /** The last line gets its newline; resolves when all of it is written. */
  close(): Promise<void> {
    return (this.closing ??= this.inTurn(() => this.end()));
  }

  private add(stream: LogStream, data: Buffer): Promise<void> {
    return this.inTurn(async () => {
      await this.send(this.cutter.add(this.lines.add(stream, data)));
      if (!this.cutter.isEmpty && !this.flushing) void this.flushLater();
    });
  }

  private async flushLater(): Promise<void> {
    const { signal } = (this.flushing = new AbortController());
    await this.clock.sleep(this.flushMs, signal);
    if (signal.aborted) return;
    // What it throws, the next write throws too.
    this.inTurn(() => this.sendRest()).catch(() => {});
  }

  private async end(): Promise<void> {
    try {
      await this.send(this.cutter.add(this.lines.end()));
      await this.sendRest();
    } finally {
      await this.queue.drained();
    }
    await this.sink.finish(this.cutter.lines);
  }

  private async sendRest(): Promise<void> {
    this.flushing?.abort();
    this.flushing = null;
    const rest = this.cutter.rest();
    if (rest) await this.send([rest]);
  }

  private async send(chunks: readonly LogChunk[]): Promise<void> {
    for (const chunk of chunks) await this.queue.add(await compressChunk(chunk));
  }

  /** Output of two streams comes at once. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.last.then(work);
    this.last = done.catch(() => {});
    return done;
  }
}
