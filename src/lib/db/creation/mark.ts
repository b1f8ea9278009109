/** What is being made, where it cannot be one transaction. */
export interface Making {
  readonly revision: string;
  /** On MySQL, which alone has no transactions for it. */
  readonly storageEngine: string | null;
}

/**
 * Stands where the revision will be, until all tables are made: to Buildbot that is a database of a revision that it does
 * not know, and does not touch.
 */
export function markOf({ revision, storageEngine }: Making): string {
  return `creating ${revision} ${storageEngine}`;
}

export function isMark(revision: string): boolean {
  return revision.startsWith('creating ');
}

/** `null` where it is no mark. */
export function makingOf(revision: string): Making | null {
  const [, begun = '', storageEngine = ''] = /^creating (\w+) (\w+)$/.exec(revision) ?? [];
  return begun === '' ? null : { revision: begun, storageEngine };
}
