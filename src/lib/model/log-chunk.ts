/** A row of `logchunks`: whole lines, UTF-8, without the newline of the last one. */
export interface LogChunk {
  /** From 0, in the log. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly content: Buffer;
  /** Of `content`: not at all, or by zlib. */
  readonly compressed: 0 | 1;
}

/** In bytes, before it is compressed: less than what Buildbot would split again. */
export const largestChunk = 65_535;

const newline = 0x0a;

/** Whole lines → chunks of them, as large as they may be. */
export class ChunkCutter {
  private parts: Buffer[] = [];
  private bytes = 0;
  private cut = 0;

  /** Of the log, in chunks that were cut. */
  get lines(): number {
    return this.cut;
  }

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  /** The chunks that are full now. `lines` end with a newline, and none is longer than a chunk. */
  add(lines: string): LogChunk[] {
    if (lines === '') return [];
    const added = Buffer.from(lines);
    this.parts.push(added);
    this.bytes += added.length;
    return this.bytes - 1 > largestChunk ? this.full(Buffer.concat(this.parts)) : [];
  }

  /** All that was added and not given yet. */
  rest(): LogChunk | null {
    if (this.isEmpty) return null;
    const chunk = this.chunk(Buffer.concat(this.parts).subarray(0, -1));
    this.keep(Buffer.alloc(0));
    return chunk;
  }

  private full(content: Buffer): LogChunk[] {
    const chunks: LogChunk[] = [];
    let start = 0;
    while (content.length - start - 1 > largestChunk) {
      const end = content.lastIndexOf(newline, start + largestChunk);
      chunks.push(this.chunk(content.subarray(start, end)));
      start = end + 1;
    }
    this.keep(content.subarray(start));
    return chunks;
  }

  private keep(rest: Buffer): void {
    this.parts = rest.length > 0 ? [rest] : [];
    this.bytes = rest.length;
  }

  private chunk(content: Buffer): LogChunk {
    const firstLine = this.cut;
    this.cut += linesIn(content);
    return { firstLine, lastLine: this.cut - 1, content, compressed: 0 };
  }
}

function linesIn(content: Buffer): number {
  let lines = 1;
  for (let at = content.indexOf(newline); at >= 0; at = content.indexOf(newline, at + 1)) lines++;
  return lines;
}
