// Which tables a statement reads from end to end, as the engine's own EXPLAIN tells it.
import { rowsOf } from '../../src/lib/db/dialect.js';
import type { Transaction } from '../../src/lib/db/connect.js';

/** What grows for as long as the cluster lives. */
export const largeTables = ['builds', 'steps', 'logs', 'logchunks', 'buildrequests', 'buildrequest_claims'];

export interface Statement {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

type Row = Record<string, unknown>;

/** What `work` sends, in the order in which it does. */
export async function statementsOf(tx: Transaction, work: () => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const listen = ({ sql, bindings }: { sql: string; bindings?: unknown[] }) =>
    void statements.push({ sql, bindings: bindings ?? [] });
  tx.sql.on('query', listen);
  try {
    await work();
  } finally {
    tx.sql.removeListener('query', listen);
  }
  return statements;
}

/** The large tables that a statement scans, by a table or by an index, with the plan. */
export async function scansOf(tx: Transaction, { sql, bindings }: Statement): Promise<string[]> {
  const { explain, scanned } = readers[tx.dialect.engine];
  // The driver's own placeholders, which came from these.
  const again = `${explain} ${sql.replaceAll(/\$\d+/g, '?')}`;
  const plan = rowsOf(await tx.sql.raw(again, bindings as string[]));
  const tables = tablesByAlias(sql);
  return plan
    .flatMap(scanned)
    .map((name) => tables.get(name) ?? name)
    .filter((table) => largeTables.includes(table));
}

/** The whole plan, for the message of a test that fails. */
export async function planOf(tx: Transaction, { sql, bindings }: Statement): Promise<string> {
  const again = `${readers[tx.dialect.engine].explain} ${sql.replaceAll(/\$\d+/g, '?')}`;
  return JSON.stringify(rowsOf(await tx.sql.raw(again, bindings as string[])), null, 1);
}

interface Reader {
  readonly explain: string;
  /** The tables, by the names that the statement gives them. */
  scanned(row: Row): string[];
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly Node[];
}

const readers: Readonly<Record<Transaction['dialect']['engine'], Reader>> = {
  postgres: {
    explain: 'explain (format json)',
    scanned: (row) => (row['QUERY PLAN'] as { Plan: Node }[]).flatMap(({ Plan }) => scannedNodes(Plan)),
  },
  mysql: {
    explain: 'explain',
    scanned: ({ table, type }) => (type === 'ALL' || type === 'index' ? [table as string] : []),
  },
  sqlite: {
    explain: 'explain query plan',
    scanned: ({ detail }) => /^SCAN (?:TABLE )?(\w+)/.exec(detail as string)?.slice(1) ?? [],
  },
};

function scannedNodes(node: Node): string[] {
  const table = node['Relation Name'];
  // A bitmap of an index stands below, and is read by a condition.
  const isScan = node['Node Type'] !== 'Bitmap Heap Scan' && node['Node Type'] !== 'ModifyTable' && node['Node Type'] !== 'Tid Scan'; // prettier-ignore
  const scanned = table !== undefined && isScan && node['Index Cond'] === undefined ? [table] : [];
  return [...scanned, ...(node.Plans ?? []).flatMap(scannedNodes)];
}

function tablesByAlias(sql: string): Map<string, string> {
  return new Map([...sql.matchAll(/["`](\w+)["`] as ["`](\w+)["`]/g)].map(([, table = '', alias = '']) => [alias, table]));
}
