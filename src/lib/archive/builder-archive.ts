import { existsSync } from 'node:fs';
import { Failure } from '../errors.js';
import { archiveLinks, archivePages } from '../db/archive-pages.js';
import type { Page } from '../db/archive-pages.js';
import { readArchivedBuilder, readNamed } from '../db/archived-builder.js';
import type { Database } from '../db/connect.js';
import { builderHistoryOf } from '../db/builder-extent.js';
import type { BuilderHistory, Range } from '../model/builder-history.js';
import { thousands } from '../model/names.js';
import { ArchiveWriter, formatName, formatVersion, isThere, openArchive, verifyArchive } from './archive-file.js';
import type { Archive } from './archive-file.js';

/** Where a builder's history is kept before it is deleted. */
export interface ArchiveTarget {
  readonly file: string;
  /** Version of this program. */
  readonly bbctl: string;
}

export interface Work {
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Keeps all of a builder's history in a file. One that is there already is taken if it has all that is left: then a
 * deletion was interrupted, and goes on. Throws a `Failure` where it cannot be written, or is something else.
 */
export async function keepHistory(
  database: Database,
  target: ArchiveTarget,
  history: BuilderHistory,
  buildsetIds: Range | null,
  work: Work,
): Promise<void> {
  if (existsSync(target.file)) return verifyArchive(await existing(database, target.file, history), work.progress);
  const archived = await readArchivedBuilder(database, history.builderId);
  const writer = await ArchiveWriter.create(target.file, {
    format: formatName,
    version: formatVersion,
    bbctl: target.bbctl,
    database: database.location.label,
    madeAt: new Date().toISOString(),
    ...archived,
  });
  try {
    const used = { masters: new Set<number>(), workers: new Set<number>() };
    await writePages(writer, database, history, used, work);
    for await (const page of archiveLinks(database, history.builderId, buildsetIds)) await writer.add(page.rows);
    const { numbers, requestIds } = history;
    const [masters, workers] = await Promise.all([readNamed(database, 'masters', used.masters), readNamed(database, 'workers', used.workers)]); // prettier-ignore
    await writer.finish({ numbers, requestIds, masters, workers });
  } catch (error) {
    await writer.abandon();
    throw error;
  }
}

interface Used {
  readonly masters: Set<number>;
  readonly workers: Set<number>;
}

async function writePages(
  writer: ArchiveWriter,
  database: Database,
  history: BuilderHistory,
  used: Used,
  { progress, signal }: Work,
): Promise<void> {
  let builds = 0;
  for await (const page of archivePages(database, history)) {
    if (signal.aborted) throw new Failure('notConfirmed', 'Nothing was changed: interrupted while it was archived.');
    await writer.add(page.rows, page.isRest ? (table) => table !== 'logchunks' : undefined);
    note(used, page);
    builds += page.isRest ? 0 : (page.rows['builds']?.length ?? 0);
    progress(`${thousands(builds)} of ${thousands(history.builds)} builds`);
  }
}

function note(used: Used, { rows }: Page): void {
  for (const row of [...(rows['builds'] ?? []), ...(rows['buildrequest_claims'] ?? [])]) {
    if (row['masterid'] !== null) used.masters.add(Number(row['masterid']));
    if (row['workerid']) used.workers.add(Number(row['workerid']));
  }
}

/** An archive of this builder of this database that has all that is left of it. */
async function existing(database: Database, file: string, history: BuilderHistory): Promise<Archive> {
  const archive = await openArchive(file).catch((error: unknown) => {
    throw error instanceof Failure ? isThere(file) : error;
  });
  const now = await builderHistoryOf(database, history.builderId);
  const { header, trailer } = archive;
  const isSame = header.database === database.location.label && header.builder['id'] === history.builderId && header.builder['name_hash'] === history.nameHash; // prettier-ignore
  const covers = (of: Range | null, left: Range | null): boolean =>
    left === null || (of !== null && of.from <= left.from && left.to <= of.to);
  const hasAll =
    covers(trailer.numbers, now.numbers) &&
    covers(trailer.requestIds, now.requestIds) &&
    now.builds <= (trailer.counts['builds'] ?? 0) &&
    now.requests <= (trailer.counts['buildrequests'] ?? 0);
  if (!isSame || !hasAll) throw isThere(file);
  return archive;
}
