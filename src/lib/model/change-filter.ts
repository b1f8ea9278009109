import type { ChangeFilter, Codebase } from './cluster-config.js';
import { matchesGlob } from './glob.js';

/** Of a row of `changes`, what schedulers look at. */
export interface Change {
  readonly id: number;
  readonly branch: string | null;
  readonly repository: string;
  readonly project: string;
  readonly category: string | null;
  readonly codebase: string;
  readonly sourceStampId: number;
  readonly files: readonly string[];
}

/** What of a scheduler's configuration says which changes it is for. */
export interface ChangeInterest {
  readonly filter: ChangeFilter;
  readonly codebases: Readonly<Record<string, Codebase>>;
  readonly importantFiles: readonly string[] | null;
  readonly onlyImportant: boolean;
}

export type Importance = 'important' | 'unimportant';

/** `null`: the scheduler does not look at it at all. */
export function importanceOf(change: Change, interest: ChangeInterest): Importance | null {
  if (!isWanted(change, interest.filter) || !Object.hasOwn(interest.codebases, change.codebase)) return null;
  if (isImportant(change.files, interest.importantFiles)) return 'important';
  return interest.onlyImportant ? null : 'unimportant';
}

function isWanted(change: Change, filter: ChangeFilter): boolean {
  return (
    isAmong(change.branch, filter.branches) &&
    isAmong(change.repository, filter.repositories) &&
    isAmong(change.project, filter.projects) &&
    isAmong(change.category, filter.categories)
  );
}

function isAmong(value: string | null, wanted: readonly string[] | null): boolean {
  return wanted === null || (value !== null && wanted.includes(value));
}

function isImportant(files: readonly string[], globs: readonly string[] | null): boolean {
  return globs === null || files.some((file) => globs.some((glob) => matchesGlob(glob, file)));
}
