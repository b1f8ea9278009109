import type { LogChunk } from '../model/log-chunk.js';
import { printable } from '../model/names.js';
import type { Transaction } from './connect.js';
import { decompress } from './log-compression.js';

/** What is written of a log, and read. */
export const logTables: readonly string[] = ['logs', 'logchunks'];

/** Adds the lines; `again`: they may be there already. */
export async function appendChunk(tx: Transaction, logId: number, chunk: LogChunk, again: boolean): Promise<void> {
  const { firstLine, lastLine, content, compressed } = chunk;
  if (!again || !(await isThere(tx, logId, firstLine))) {
    await tx.sql('logchunks').insert({ logid: logId, first_line: firstLine, last_line: lastLine, content, compressed });
  }
  const lines = lastLine + 1;
  await tx.sql('logs').where('id', logId).where('num_lines', '<', lines).update({ num_lines: lines });
}

/** The log has ended. To be done twice does no harm. */
export async function finishLog(tx: Transaction, logId: number, lines: number): Promise<void> {
  await tx.sql('logs').where('id', logId).update({ complete: 1, num_lines: lines });
}

async function isThere(tx: Transaction, logId: number, firstLine: number): Promise<boolean> {
  const chunk = tx.sql('logchunks').where({ logid: logId, first_line: firstLine });
  return (await tx.dialect.locking(chunk).first<object | undefined>('logid')) !== undefined;
}

interface ChunkRow {
  readonly first_line: number;
  readonly last_line: number;
  readonly content: Uint8Array | string | null;
  readonly compressed: number;
}

/** Of columns of numbers. */
const largestNumber = 2 ** 31 - 1;

/**
 * `limit` lines from `firstLine` (from 0) on, or as many as there are: each as it is stored (with its mark where the log has
 * marks) and ended by a newline. In the place of lines that cannot be read stands why.
 */
export async function readLines(tx: Transaction, logId: number, firstLine: number, limit: number): Promise<string> {
  const first = Math.max(0, firstLine);
  const last = Math.min(first + limit - 1, largestNumber);
  if (first > last) return '';
  const chunks = await chunksBetween(tx, logId, first, last).select<ChunkRow[]>(
    'first_line',
    'last_line',
    'content',
    'compressed',
  );
  return chunks.map((chunk) => linesBetween(chunk, first, last)).join('');
}

/** Those that have some of these lines (both included), in their order. */
export function chunksBetween(tx: Transaction, logId: number, first: number, last: number) {
  return tx
    .sql('logchunks')
    .where('logid', logId)
    .where('first_line', '<=', last)
    .where('last_line', '>=', first)
    .orderBy('first_line');
}

function linesBetween(chunk: ChunkRow, first: number, last: number): string {
  const text = textOf(chunk);
  if (chunk.first_line >= first && chunk.last_line <= last) return `${text}\n`;
  const lines = text.split('\n').slice(Math.max(0, first - chunk.first_line), last - chunk.first_line + 1);
  return lines.map((line) => `${line}\n`).join('');
}

function textOf({ content, compressed, first_line, last_line }: ChunkRow): string {
  try {
    return decompress(Buffer.from(content ?? ''), compressed).toString();
  } catch (error) {
    const lines = last_line - first_line + 1;
    const why = `h[bbctl cannot read ${lines === 1 ? 'this line' : `these ${lines} lines`}: ${printable((error as Error).message)}]`;
    return [why, ...Array<string>(lines - 1).fill('h')].join('\n');
  }
}
