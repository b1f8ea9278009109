/** A foreign key without an index: for each row of `parent` that is deleted the whole table is gone through. */
export interface MissingIndex {
  readonly table: string;
  readonly column: string;
  /** The table that it refers to. */
  readonly parent: string;
  /** Rows of the table, about. */
  readonly rows: number;
}

/** Measured on a million buildsets: 100 ms. */
const secondsPerRow = 1e-7;
const fewRows = 1000;

/** A small table is gone through as quickly as an index. */
export function isWorthIt({ rows }: MissingIndex): boolean {
  return rows > fewRows;
}

/** What the scans for one build that is deleted take. */
export function secondsPerBuild(missing: readonly MissingIndex[]): number {
  return missing.filter(({ parent }) => parent === 'builds').reduce((sum, { rows }) => sum + rows * secondsPerRow, 0);
}

/** So that whoever sees it knows whose it is. */
export function indexName({ table, column }: Pick<MissingIndex, 'table' | 'column'>): string {
  return `bbctl_${table}_${column}`;
}

export function indexStatement(index: MissingIndex): string {
  return `CREATE INDEX CONCURRENTLY ${indexName(index)} ON ${index.table} (${index.column})`;
}
