import type { Transaction } from '../connect.js';
import { chunksBetween, readLines } from '../log-chunks.js';

/** Chunks are of 64 KiB at most, unpacked: so much is in memory of a log. */
const chunksAtOnce = 8;

/** A piece of a log, of whole chunks as far as they were asked for. */
export interface LogPage {
  /** Each line with its mark, and ended by a newline. */
  readonly text: string;
  /** The line after it; `null`: it was the last one. */
  readonly next: number | null;
}

/** Lines from `first` to `last` (both included), or the first of them, if they are many. */
export async function readLogPage(tx: Transaction, logId: number, first: number, last: number): Promise<LogPage> {
  const chunks = await chunksBetween(tx, logId, first, last)
    .limit(chunksAtOnce)
    .select<{ last_line: number }[]>('last_line');
  const end = Math.min(last, Number(chunks.at(-1)?.last_line ?? -1));
  if (end < first) return { text: '', next: null };
  return { text: await readLines(tx, logId, first, end - first + 1), next: end < last ? end + 1 : null };
}
