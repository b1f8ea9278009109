import { existsSync } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { Failure } from '../errors.js';
import type { Range } from '../model/builder-history.js';
import type { LoadedRow, Row, Value } from '../model/rows.js';

/**
 * A builder's history in a file: gzip, in members that can be read one by one, of lines of JSON (`zcat` shows it). First
 * a header, then rows by table, a transaction's worth in each member, then a trailer, which tells where the members are,
 * and last a member of a fixed length that tells where the trailer is.
 */
export const formatName = 'bbctl builder history';
export const formatVersion = 1;

export interface ArchiveHeader {
  readonly format: typeof formatName;
  readonly version: number;
  /** Version of the program that wrote it. */
  readonly bbctl: string;
  /** The database's URL, without a password. */
  readonly database: string;
  /** `alembic_version`, or sqlalchemy-migrate's. */
  readonly revision: string;
  readonly madeAt: string;
  readonly builder: Row;
  readonly tags: readonly Row[];
  /** Name of the project; `null`: none. */
  readonly project: string | null;
}

export interface ArchiveTrailer {
  readonly members: readonly Member[];
  /** Rows, by table. */
  readonly counts: Readonly<Record<string, number>>;
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** `builds.number` and `buildrequests.id` that it has. */
  readonly numbers: Range | null;
  readonly requestIds: Range | null;
  /** Those that its builds and claims name. */
  readonly masters: readonly Row[];
  readonly workers: readonly Row[];
}

/** Where a part of the file is, in bytes. */
export interface Member {
  readonly offset: number;
  readonly length: number;
}

/** Rows by table. */
export type Content = Readonly<Record<string, readonly LoadedRow[]>>;

export interface Archive {
  readonly file: string;
  readonly header: ArchiveHeader;
  readonly trailer: ArchiveTrailer;
}

const [pack, unpack] = [promisify(gzip), promisify(gunzip)];

/** Never compressed, so that its length is known. */
const endOf = (trailer: Member): Promise<Buffer> =>
  pack(`{"trailer":[${[trailer.offset, trailer.length].map((number) => String(number).padStart(15)).join(',')}]}\n`, { level: 0 }); // prettier-ignore

export class ArchiveWriter {
  private readonly file: string;
  private readonly handle: FileHandle;
  private offset = 0;
  private readonly members: Member[] = [];
  private readonly counts: Record<string, number> = {};
  private readonly columns: Record<string, string[]> = {};

  private constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.handle = handle;
  }

  /** Writes beside the file, which is there only once it is whole. Throws a `Failure` where it cannot be written. */
  static async create(file: string, header: ArchiveHeader): Promise<ArchiveWriter> {
    if (existsSync(file)) throw isThere(file);
    try {
      const writer = new ArchiveWriter(file, await open(partial(file), 'w', 0o600));
      await writer.append(lineOf(header));
      return writer;
    } catch (error) {
      throw unwritable(file, error);
    }
  }

  /** `isRepeated`: which of the tables hold rows that an earlier member had, as what others hang on. */
  async add(content: Content, isRepeated: (table: string) => boolean = () => false): Promise<void> {
    const tables = Object.entries(content).filter(([, rows]) => rows.length > 0);
    if (tables.length === 0) return;
    for (const [table, rows] of tables) {
      this.columns[table] ??= Object.keys(rows[0] ?? {});
      if (!isRepeated(table)) this.counts[table] = (this.counts[table] ?? 0) + rows.length;
    }
    try {
      this.members.push(
        await this.append(tables.map(([table, rows]) => lineOf({ table, rows: withoutBytes(rows) })).join('')),
      );
    } catch (error) {
      throw unwritable(this.file, error);
    }
  }

  async finish(rest: Pick<ArchiveTrailer, 'numbers' | 'requestIds' | 'masters' | 'workers'>): Promise<void> {
    const { members, counts, columns } = this;
    try {
      const trailer = await this.append(lineOf({ members, counts, columns, ...rest }));
      await this.handle.appendFile(await endOf(trailer));
      await this.handle.sync();
      await this.handle.close();
      // A link, unlike a move, never replaces a file.
      await link(partial(this.file), this.file);
      await rm(partial(this.file));
      await syncFolder(path.dirname(this.file));
    } catch (error) {
      throw (error as { code?: string }).code === 'EEXIST' ? isThere(this.file) : unwritable(this.file, error);
    }
  }

  async abandon(): Promise<void> {
    await this.handle.close().catch(() => {});
    await rm(partial(this.file), { force: true });
  }

  private async append(text: string): Promise<Member> {
    const bytes = await pack(text);
    const member = { offset: this.offset, length: bytes.length };
    await this.handle.appendFile(bytes);
    this.offset += bytes.length;
    return member;
  }
}

function partial(file: string): string {
  return `${file}.partial`;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync();
  await handle.close();
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}

/** A Buffer's own JSON is three times as long. */
function withoutBytes(rows: readonly LoadedRow[]): readonly object[] {
  const isBlob = (value: unknown): value is Uint8Array => value instanceof Uint8Array;
  const columns = Object.keys(rows[0] ?? {}).filter((column) => rows.some((row) => isBlob(row[column])));
  if (columns.length === 0) return rows;
  return rows.map((row) => {
    const blobs = columns.map((column) => [column, isBlob(row[column]) ? { base64: Buffer.from(row[column]).toString('base64') } : row[column]]); // prettier-ignore
    return { ...row, ...(Object.fromEntries(blobs) as object) };
  });
}

/** Opens an archive that was written to its end; throws a `Failure` where it was not, or is something else. */
export async function openArchive(file: string): Promise<Archive> {
  const handle = await openToRead(file);
  try {
    const { size } = await handle.stat();
    const { length } = await endOf({ offset: 0, length: 0 });
    const end = await linesOf(handle, { offset: Math.max(0, size - length), length });
    const [offset = 0, trailerLength = 0] = (end[0] as { trailer: number[] }).trailer;
    const [trailer] = (await linesOf(handle, { offset, length: trailerLength })) as ArchiveTrailer[];
    const [header] = await linesOf(handle, { offset: 0, length: trailer?.members[0]?.offset ?? offset });
    return { file, header: verified(file, header), trailer: trailer as ArchiveTrailer };
  } catch (error) {
    throw error instanceof Failure ? error : damaged(file, error);
  } finally {
    await handle.close();
  }
}

function verified(file: string, header: unknown): ArchiveHeader {
  const { format, version } = header as ArchiveHeader;
  if (format !== formatName) throw damaged(file, null);
  if (version === formatVersion) return header as ArchiveHeader;
  throw new Failure('usage', `${file} was written by a newer bbctl, in format ${version}.`, { try: 'Update bbctl.' });
}

export async function readMember(file: string, member: Member): Promise<Content> {
  const handle = await openToRead(file);
  try {
    const lines = (await linesOf(handle, member)) as { table: string; rows: readonly LoadedRow[] }[];
    return Object.fromEntries(lines.map(({ table, rows }) => [table, rows.map(withBytes)]));
  } catch (error) {
    throw damaged(file, error);
  } finally {
    await handle.close();
  }
}

/** Reads all of it; throws a `Failure` where a part is damaged. */
export async function verifyArchive(archive: Archive, progress: (text: string) => void): Promise<void> {
  const { file, trailer } = archive;
  for (const [index, member] of trailer.members.entries()) {
    progress(`${Math.floor((100 * index) / trailer.members.length)} % read`);
    await readMember(file, member);
  }
}

async function openToRead(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (error) {
    throw new Failure('notFound', `${file} cannot be read: ${(error as Error).message}.`, {
      try: 'Name a file that "bbctl builders forget --archive FILE" has written.',
      cause: error,
    });
  }
}

async function linesOf(handle: FileHandle, { offset, length }: Member): Promise<unknown[]> {
  const bytes = Buffer.alloc(length);
  const { bytesRead } = await handle.read(bytes, 0, length, offset);
  const text = (await unpack(bytes.subarray(0, bytesRead))).toString('utf8');
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as unknown); // prettier-ignore
}

function withBytes(row: LoadedRow): LoadedRow {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, bytesOf(value)]));
}

function bytesOf(value: LoadedRow[string] | { readonly base64: string }): Value | Uint8Array {
  return typeof value === 'object' && value !== null && 'base64' in value ? Buffer.from(value.base64, 'base64') : value;
}

function damaged(file: string, cause: unknown): Failure {
  return new Failure('usage', `${file} is not an archive of bbctl's, or is damaged.`, {
    try: 'Nothing was done. Is it the right file, and was all of it copied?',
    cause,
  });
}

export function isThere(file: string): Failure {
  return new Failure('refused', `There is a file ${file} already.`, {
    try: 'Nothing was deleted. Name another one: an archive is never overwritten.',
  });
}

function unwritable(file: string, error: unknown): Failure {
  return new Failure('unreachable', `The archive ${file} cannot be written: ${(error as Error).message}.`, {
    try: 'Nothing was deleted. Name a file in a folder that you may write, with room for it.',
    cause: error,
  });
}
