import { decompress } from '../../src/lib/db/log-compression.js';
import type { LogChunk } from '../../src/lib/model/log-chunk.js';
import type { ChunkSink } from '../../src/lib/runtime/logs/chunk-queue.js';

export interface MemorySink extends ChunkSink {
  readonly chunks: LogChunk[];
  /** What `finish` was told. */
  readonly finished: number | null;
  /** All lines with their marks. */
  text(): string;
}

/** Keeps the chunks of a log; `wait` comes before each of them. */
export function memorySink(wait: () => Promise<void> = () => Promise.resolve()): MemorySink {
  const chunks: LogChunk[] = [];
  let finished: number | null = null;
  return {
    chunks,
    get finished() {
      return finished;
    },
    text: () => chunks.map((chunk) => `${linesOf(chunk)}\n`).join(''),
    append: async (chunk) => {
      await wait();
      chunks.push(chunk);
    },
    finish: (lines) => {
      finished = lines;
      return Promise.resolve();
    },
  };
}

export function linesOf({ content, compressed }: LogChunk): string {
  return decompress(content, compressed).toString();
}
