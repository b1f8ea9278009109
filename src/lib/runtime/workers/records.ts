import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf } from '../../process-identity.js';

/** In the folder of a builder: the process groups that run there, for whoever comes after a master that was killed. */
export const recordsFolder = '.bbctl-processes';

export interface GroupRecord {
  /** The process that has started it, and the first process of the group. */
  readonly master: string;
  readonly leader: string;
}

/** Remembers a group until the function that it gives is called. */
export function recordGroup(folder: string, pid: number | undefined): () => void {
  const [leader, master] = [pid === undefined ? null : identityOf(pid), identityOf(process.pid)];
  // It could not be started, or nothing could be told from it later.
  if (leader === null || master === null) return () => {};
  const file = join(folder, recordsFolder, leader);
  mkdirSync(join(folder, recordsFolder), { recursive: true });
  writeFileSync(file, master);
  return () => rmSync(file, { force: true });
}

/** Read and removed at once by who looks for what is left; of folders that are not there nothing. */
export function readRecords(folder: string): GroupRecord[] {
  const records = join(folder, recordsFolder);
  return namesIn(records).map((leader) => ({ leader, master: readFileSync(join(records, leader), 'utf8') }));
}

export function removeRecord(folder: string, { leader }: GroupRecord): void {
  rmSync(join(folder, recordsFolder, leader), { force: true });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
