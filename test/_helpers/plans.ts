// Which tables a statement reads from end to end, as the engine's own EXPLAIN tells it.
import { rowsOf } from '../../src/lib/db/dialect.js';
import type { Transaction } from '../../src/lib/db/connect.js';

/** What grows for as long as the cluster lives. */
export const largeTables = [
  'builds',
  'steps',
  'logs',
  'logchunks',
  'buildrequests',
  'buildrequest_claims',
  'buildsets',
  'buildset_properties',
  'buildset_sourcestamps',
];

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

/** The large tables that a statement reads from end to end, themselves or an index of them; and the plan, to show it. */
export async function scansOf(tx: Transaction, statement: Statement): Promise<{ tables: string[]; plan: string }> {
  const { explain, scanned } = readers[tx.dialect.engine];
  // PostgreSQL's placeholders were made of these.
  const sql = statement.sql.replaceAll(/\$\d+/g, '?');
  const plan = rowsOf(await tx.sql.raw(`${explain} ${sql}`, statement.bindings as string[]));
  const aliases = new Map(
    [...sql.matchAll(/["`](\w+)["`] as ["`](\w+)["`]/g)].map(([, table = '', alias = '']) => [alias, table]),
  );
  const tables = plan.flatMap(scanned).map((name) => aliases.get(name) ?? name);
  return {
    tables: tables.filter((table) => largeTables.includes(table)),
    plan: `${sql}\n${JSON.stringify(plan, null, 1)}`,
  };
}

interface Reader {
  readonly explain: string;
  /** The tables, by the names that the statement gives them. */
  readonly scanned: (row: Row) => string[];
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
    scanned: (row) => (row['QUERY PLAN'] as { Plan: Node }[]).flatMap(({ Plan }) => scannedBy(Plan)),
  },
  mysql: {
    explain: 'explain',
    scanned: ({ table, type }) => (type === 'ALL' || type === 'index' ? [table as string] : []),
  },
  sqlite: {
    explain: 'explain query plan',
    // A search by no index, or by one that is made for the statement, goes through the whole table.
    scanned: ({ detail }) =>
      /^(?:SCAN|SEARCH(?= \w+(?:$| USING AUTOMATIC))) (\w+)/.exec(detail as string)?.slice(1) ?? [],
  },
};

function scannedBy(node: Node): string[] {
  const table = node['Relation Name'];
  const isScan = table !== undefined && node['Node Type'] !== 'ModifyTable' && !hasCondition(node);
  return [...(isScan ? [table] : []), ...(node.Plans ?? []).flatMap(scannedBy)];
}

/** The rows of a bitmap are found by the conditions below it. */
function hasCondition(node: Node): boolean {
  if (!node['Node Type'].startsWith('Bitmap')) return node['Index Cond'] !== undefined;
  const below = node.Plans?.filter((one) => one['Node Type'].startsWith('Bitmap')) ?? [];
  return node['Index Cond'] !== undefined || (below.length > 0 && below.every(hasCondition));
}
