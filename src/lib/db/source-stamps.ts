import { Failure } from '../errors.js';
import { printable } from '../model/names.js';
import type { Transaction } from './connect.js';
import { hashColumns } from './hash-columns.js';

/** What is built, without a patch. `branch: null` is the repository's default one, `revision: null` the newest. */
export interface SourceStamp {
  readonly branch: string | null;
  readonly revision: string | null;
  readonly repository: string;
  readonly project: string;
  readonly codebase: string;
}

/**
 * `sourcestamps.id` of the one row that everybody uses for this stamp. `now` is epoch seconds. Throws a `Failure` where
 * its columns cannot hold it.
 */
export async function findOrAddSourceStamp(tx: Transaction, stamp: SourceStamp, now: number): Promise<number> {
  const hash = hashOf(stamp);
  const find = () => tx.sql('sourcestamps').where('ss_hash', hash).first<{ id: number } | undefined>('id');
  const found = await find();
  if (found) return found.id;
  verifyLengths(stamp);
  const { branch, revision, repository, project, codebase } = stamp;
  const row = { ss_hash: hash, branch, revision, patchid: null, repository, codebase, project, created_at: Math.floor(now) }; // prettier-ignore
  await tx.sql('sourcestamps').insert(row).onConflict('ss_hash').ignore();
  // Somebody else's, added since this transaction began, is seen only by a look that locks.
  const added = await find().forShare();
  if (!added) throw new Error(`sourcestamps has no row ${hash} after it was added`);
  return added.id;
}

function hashOf({ branch, revision, repository, project, codebase }: SourceStamp): string {
  const patch = null;
  return hashColumns(branch, revision, repository, project, codebase, patch);
}

const lengths = { branch: 256, revision: 256, repository: 512, codebase: 256, project: 512 } as const;

/** MySQL would cut what it ignores conflicts for, and the hash would be that of another stamp. */
function verifyLengths(stamp: SourceStamp): void {
  for (const [column, length] of Object.entries(lengths) as [keyof SourceStamp, number][]) {
    const value = stamp[column] ?? '';
    if ([...value].length <= length) continue;
    throw new Failure('usage', `The ${column} ${printable(value.slice(0, 60))}… is too long for a source stamp: more than ${length} characters.`); // prettier-ignore
  }
}
