import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogChunk } from '../../model/log-chunk.js';

const headBytes = 13;

/**
 * Chunks that wait on disk, first in, first out. Its file has no name: whatever ends the process, nothing is left. One
 * caller may append while another takes.
 */
export class Spool {
  private readonly folder: string;
  private readonly mostBytes: number;
  private file: FileHandle | null = null;
  private readAt = 0;
  private writeAt = 0;

  constructor(folder: string, mostBytes: number) {
    this.folder = folder;
    this.mostBytes = mostBytes;
  }

  get isEmpty(): boolean {
    return this.readAt === this.writeAt;
  }

  get hasRoom(): boolean {
    return this.writeAt < this.mostBytes;
  }

  async append(chunk: LogChunk): Promise<void> {
    this.file ??= await namelessFile(this.folder);
    if (this.isEmpty && this.writeAt > 0) await this.startOver(this.file);
    const entry = Buffer.concat([headOf(chunk), chunk.content]);
    for (let written = 0; written < entry.length;) {
      const { bytesWritten } = await this.file.write(entry, written, entry.length - written, this.writeAt + written);
      written += bytesWritten;
    }
    this.writeAt += entry.length;
  }

  /** The oldest; there must be one. */
  async take(): Promise<LogChunk> {
    const head = await this.read(this.readAt, headBytes);
    const content = await this.read(this.readAt + headBytes, head.readUInt32LE(8));
    this.readAt += headBytes + content.length;
    const compressed = head.readUInt8(12) === 1 ? 1 : 0;
    return { firstLine: head.readUInt32LE(0), lastLine: head.readUInt32LE(4), content, compressed };
  }

  /** Gives the disk back, where nothing waits on it any more. */
  async clear(): Promise<void> {
    const { file } = this;
    [this.file, this.readAt, this.writeAt] = [null, 0, 0];
    await file?.close();
  }

  private async startOver(file: FileHandle): Promise<void> {
    [this.readAt, this.writeAt] = [0, 0];
    await file.truncate();
  }

  private async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let read = 0; read < length;) {
      const { bytesRead = 0 } = (await this.file?.read(bytes, read, length - read, position + read)) ?? {};
      if (bytesRead === 0) throw new Error('the spool of a log ends too early');
      read += bytesRead;
    }
    return bytes;
  }
}

async function namelessFile(folder: string): Promise<FileHandle> {
  const path = join(folder, `bbctl-log-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

function headOf({ firstLine, lastLine, content, compressed }: LogChunk): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(firstLine, 0);
  head.writeUInt32LE(lastLine, 4);
  head.writeUInt32LE(content.length, 8);
  head.writeUInt8(compressed, 12);
  return head;
}
