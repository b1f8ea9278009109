import type { Contexts } from '../../contexts.js';
import { parseDatabaseUrl } from '../../db/url.js';
import type { Column } from '../list.js';

/** A context as `--json` prints it: never with the password that its URL may hold. */
export interface ContextRow {
  readonly name: string;
  readonly current: boolean;
  readonly database: string;
  readonly journalDir: string | null;
}

export function contextRows({ current, contexts }: Contexts): ContextRow[] {
  return Object.entries(contexts).map(([name, { db, journalDir }]) => ({
    name,
    current: name === current,
    database: parseDatabaseUrl(db).label,
    journalDir: journalDir ?? null,
  }));
}

export const contextColumns: readonly Column<ContextRow>[] = [
  { name: 'current' },
  { name: 'name' },
  { name: 'database' },
  { name: 'journalDir' },
];
