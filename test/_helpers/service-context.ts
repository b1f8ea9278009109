import type { ExecutionContext } from 'ava';
import { Database, type Transaction } from '../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { noLog, type Fields, type Log } from '../../src/lib/runtime/log.js';
import type { FencedTransaction, ServiceContext, Topic } from '../../src/lib/runtime/service.js';
import type { TestDatabase } from './database.js';

/** A connection of its own, as a master has. */
export async function openFor(t: ExecutionContext, db: TestDatabase): Promise<Database> {
  const options = { access: 'write', timeoutMs: 30_000, purpose: 'test' } as const;
  const database = await Database.open(parseDatabaseUrl(db.url), options);
  t.teardown(() => database.close());
  return database;
}

const queues = new Map<string, Promise<unknown>>();

/**
 * A transaction that writes. SQLite's driver waits for a lock without letting go of the process, and so would wait for
 * another connection of the same test for ever: there they queue.
 */
export function write<T>(
  database: Database,
  tables: readonly string[],
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  const run = () => database.write([...new Set(['masters', ...tables])], work);
  if (database.location.engine !== 'sqlite') return run();
  const done = (queues.get(database.location.file) ?? Promise.resolve()).then(run);
  queues.set(database.location.file, done.catch(() => {})); // prettier-ignore
  return done;
}

export interface FreeContextOptions {
  readonly id: number;
  readonly name: string;
  readonly kind?: ServiceContext['kind'];
  /** What the database's clock says; that of the database itself where it is not given. */
  readonly now?: () => number;
  readonly log?: Log;
}

export interface FreeContext extends ServiceContext {
  /** What was announced in transactions that were committed. */
  readonly announced: Topic[];
}

/** A service's context without the fence: anybody may write, and the tests say what time it is. */
export function freeContext(database: Database, options: FreeContextOptions): FreeContext {
  const announced: Topic[] = [];
  const { id, name, kind = 'scheduler', log = noLog } = options;
  const fenced: ServiceContext['fenced'] = async (tables, work) => {
    const topics: Topic[] = [];
    const result = await write(database, tables, async (tx) => {
      const now = options.now?.() ?? (await tx.dialect.now(tx.sql));
      const announce: FencedTransaction['announce'] = (topic) => void topics.push(topic);
      return work({ ...tx, now, announce });
    });
    announced.push(...topics);
    return result;
  };
  return { kind, id, name, log, signal: new AbortController().signal, fenced, announced };
}

export interface Said {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Fields | undefined;
}

/** A log that remembers. */
export function rememberingLog(): Log & { readonly said: Said[] } {
  const said: Said[] = [];
  const at = (level: keyof Log) => (message: string, fields?: Fields) => void said.push({ level, message, fields });
  return { said, info: at('info'), warn: at('warn'), error: at('error') };
}
