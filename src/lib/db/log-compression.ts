import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { LogChunk } from '../model/log-chunk.js';
import { unpackLz4 } from '../model/lz4-block.js';

const deflate = promisify(zlib.deflate);

/** The same lines, compressed where that makes them less: 1 is what Buildbot calls gz, and is zlib's own form. */
export async function compressChunk(chunk: LogChunk): Promise<LogChunk> {
  // Shorter ones gain nothing that a row would show.
  if (chunk.compressed !== 0 || chunk.content.length < 128) return chunk;
  const content = await deflate(chunk.content);
  return content.length < chunk.content.length ? { ...chunk, content, compressed: 1 } : chunk;
}

/** What Buildbot may have compressed, by the number in `logchunks.compressed`. */
const readers: Readonly<Record<number, (content: Buffer) => Buffer>> = {
  0: (content) => content,
  1: (content) => zlib.inflateSync(content),
  2: () => unreadable('bz2'),
  3: unpackLz4,
  4: modern,
  5: modern,
};

/** Of Buildbot 4.1 and later: the first bytes of zstd say that it is zstd. */
function modern(content: Buffer): Buffer {
  if (content.length < 4 || content.readUInt32LE(0) !== 0xfd2fb528) return zlib.brotliDecompressSync(content);
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (content: Buffer) => Buffer };
  return zstdDecompressSync?.(content) ?? unreadable('zstd');
}

/** Throws where it cannot be read. */
export function decompress(content: Buffer, compressed: number): Buffer {
  return (readers[compressed] ?? (() => unreadable(`number ${compressed}`)))(content);
}

function unreadable(name: string): never {
  throw new Error(`compressed by ${name}`);
}
