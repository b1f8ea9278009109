import type { Contexts } from '../../contexts.js';
import type { Column } from '../list.js';

/** A context as `--json` prints it: never with the password that its URL may hold. */
export interface ContextRow {
  readonly name: string;
  readonly current: boolean;
  readonly database: string;
  readonly journalDir: string | null;
}

/** `labelOf` leaves the password out. */
export function contextRows({ current, contexts }: Contexts, labelOf: (url: string) => string): ContextRow[] {
  return Object.entries(contexts).map(([name, { db, journalDir }]) => ({
    name,
    current: name === current,
    database: labelOf(db),
    journalDir: journalDir ?? null,
  }));
}

export const contextColumns: readonly Column<ContextRow>[] = [
  { name: 'current' },
  { name: 'name' },
  { name: 'database' },
  { name: 'journalDir' },
];
