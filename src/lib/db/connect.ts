import { accessSync, constants, existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { Failure } from '../errors.js';
import { dialectOf } from './dialect.js';
import type { Dialect } from './dialect.js';
import { isRetryable, translateError } from './driver-errors.js';
import { openKnex } from './knex.js';
import { findPassword } from './passwords.js';
import { readSchema } from './schema.js';
import type { Schema } from './schema.js';
import type { Location, ServerLocation, SqliteLocation, Tls } from './url.js';

export interface OpenOptions {
  readonly access: 'read' | 'write';
  /** The longest a statement, or getting a connection, may take. */
  readonly timeoutMs: number;
  /** The longest a statement may wait for somebody else's lock of a row; `timeoutMs` by default. */
  readonly lockWaitMs?: number;
  /** Shown by the server beside the connection. */
  readonly purpose: string;
  /** A process that is stopped in the middle of a transaction may hold its locks for so long, as far as the server can tell. */
  readonly lockLeaseMs?: number;
  /** Instead of the database's clock, epoch seconds: for the time of a simulation. */
  readonly now?: () => number;
  /** Makes an SQLite file that is not there. */
  readonly makesFile?: true;
}

/** Statements of one transaction, on one connection, with what is known of the database. */
export interface Transaction {
  readonly sql: Knex;
  readonly dialect: Dialect;
  readonly schema: Schema;
}

export class Database {
  readonly location: Location;
  private readonly knex: Knex;
  private readonly options: OpenOptions;
  private dialect: Dialect | undefined;
  private schema: Schema | undefined;

  private constructor(location: Location, knex: Knex, options: OpenOptions) {
    this.location = location;
    this.knex = knex;
    this.options = options;
  }

  /** Opens and probes; throws a `Failure` where there is no database, no way in, or no Buildbot schema. */
  static async open(location: Location, options: OpenOptions): Promise<Database> {
    const database = new Database(location, await connect(location, options), options);
    try {
      await database.probe();
      return database;
    } catch (error) {
      await database.close();
      return Database.open(withoutTls(location, error), options);
    }
  }

  /**
   * One consistent look: a read-only transaction that sees one moment (as far as the engine has transactions). Looked
   * again where the engine gave up a look for somebody's LOCK TABLES.
   */
  async read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.readOnce(work);
      } catch (error) {
        if (tries === mostLooks || !isRetryable(error)) throw error;
        await sleep(50 * tries);
      }
    }
  }

  private readOnce<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.guarded(async () => {
      return this.knex.transaction((sql) => work(this.on(sql)), consistent[this.location.engine]);
    });
  }

  /** Statements that need not see one moment: each is its own transaction. */
  glance<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.guarded(() => work(this.on(this.knex)));
  }

  /**
   * One step of a change: nobody else writes what it has read and locked before it ends. Without transactions
   * (MyISAM) the tables are locked instead, and what was written stays when `work` throws.
   */
  write<T>(tables: readonly string[], work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.guarded(() =>
      this.knex.transaction(async (sql) => {
        const tx = this.on(sql);
        return tx.dialect.exclusively(tx, tables, () => work(tx));
      }),
    );
  }

  /** The schema's revision, where it is newer than any that is known. */
  get unknownRevision(): string | null {
    return this.schema?.unknownRevision ? this.schema.revision : null;
  }

  /** Can a step on these tables be taken back? */
  isTransactional(tables: readonly string[]): boolean {
    return !tables.some((table) => this.schema?.withoutTransactions.includes(table));
  }

  async close(): Promise<void> {
    // A server that hangs must not keep the program from ending.
    await Promise.race([this.knex.destroy(), after(1000)]);
  }

  private on(sql: Knex): Transaction {
    if (!this.dialect || !this.schema) throw new Error('The database was not probed.');
    return { sql, dialect: this.dialect, schema: this.schema };
  }

  private async probe(): Promise<void> {
    await this.guarded(async () => {
      const { now } = this.options;
      const dialect = await dialectOf(this.location.engine, this.knex, this.options);
      this.dialect = now ? withClock(dialect, now) : dialect;
      this.schema = await readSchema(this.knex, this.dialect, this.location.label, this.options.access);
      if (this.options.access === 'write') await this.verifyWritable();
    });
  }

  /** A standby, or a user who may only read, is found out before a change has an entry in the journal. */
  private async verifyWritable(): Promise<void> {
    if (this.location.engine === 'sqlite') accessSync(this.location.file, constants.W_OK);
    else await this.knex('masters').whereRaw('1 = 0').update({ active: 0 });
  }

  /** Driver errors are translated here and nowhere else. */
  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw translateError(error, this.location);
    }
  }
}

/** knex joins the two modes without the comma that MySQL wants between them; there the session is read-only already. */
const consistent: Readonly<Record<Location['engine'], Knex.TransactionConfig>> = {
  sqlite: {},
  postgres: { isolationLevel: 'repeatable read', readOnly: true },
  mysql: { isolationLevel: 'repeatable read' },
};

/** A look gives way to whoever writes; one that is put off five times is told. */
const mostLooks = 5;

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function withClock(dialect: Dialect, now: () => number): Dialect {
  return {
    ...dialect,
    now: () => Promise.resolve(now()),
    get nowSql() {
      return String(now());
    },
  };
}

/** Where the server has no TLS, and TLS is only preferred; else throws the error. */
function withoutTls(location: Location, error: unknown): Location {
  if (!isTlsRefused(error) || location.engine === 'sqlite' || location.tls?.mode !== 'prefer') throw error;
  return { ...location, tls: null };
}

function isTlsRefused(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const text = cause instanceof Error ? `${cause.message} ${(cause as { code?: string }).code}` : '';
  return /does not support SSL|HANDSHAKE_NO_SSL_SUPPORT|does not support secure connection/i.test(text);
}

/** A connection that is not probed, for what needs one of its own. */
export async function openRaw(location: Location, options: OpenOptions): Promise<Knex> {
  const knex = await connect(location, options);
  try {
    await knex.raw('select 1');
    return knex;
  } catch (error) {
    await knex.destroy();
    return openRaw(withoutTls(location, translateError(error, location)), options);
  }
}

async function connect(location: Location, options: OpenOptions): Promise<Knex> {
  return location.engine === 'sqlite' ? connectSqlite(location, options) : connectServer(location, options);
}

/** One connection: a transaction must never continue on another one. */
const pool = { min: 0, max: 1, idleTimeoutMillis: 3_600_000 };

function connectSqlite(location: SqliteLocation, { access, timeoutMs, makesFile }: OpenOptions): Promise<Knex> {
  if (!makesFile && !existsSync(location.file)) {
    throw new Failure('unreachable', `There is no file ${location.file}.`, {
      try: 'Check --db: three slashes are followed by a path relative to the base directory, four by an absolute one.',
    });
  }
  return openKnex('sqlite', {
    connection: { filename: location.file, options: { readonly: access === 'read' } },
    pool: {
      ...pool,
      // Buildbot has foreign keys off, better-sqlite3 has them on: cascades would delete what the journal has not seen.
      afterCreate(connection: { pragma(text: string): unknown }, done: (error?: unknown) => void) {
        connection.pragma(`busy_timeout = ${timeoutMs}`);
        connection.pragma('foreign_keys = OFF');
        if (access === 'read') connection.pragma('query_only = ON');
        done();
      },
    },
  });
}

async function connectServer(location: ServerLocation, options: OpenOptions): Promise<Knex> {
  const name = `bbctl ${options.purpose} (${userInfo().username}@${hostname()} ${process.pid})`;
  const identity = { user: location.user, password: await findPassword(location), database: location.database };
  const common = { acquireConnectionTimeout: options.timeoutMs + 1000 };
  if (location.engine === 'postgres') {
    const connection = { ...identity, ...postgresConnection(location, options), application_name: name.slice(0, 63) };
    return openKnex('postgres', {
      ...common,
      connection,
      pool: { ...pool, afterCreate: setUp(postgresSession(options)) },
    });
  }
  const connection = { ...identity, ...mysqlConnection(location, options), connectAttributes: { program_name: name } };
  return openKnex('mysql', {
    ...common,
    connection,
    pool: { ...pool, afterCreate: giveUpAfter(options.timeoutMs + 1000) },
  });
}

function postgresConnection({ host, port, socket, tls }: ServerLocation, { timeoutMs }: OpenOptions): object {
  const limits = { connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs + 1000, keepAlive: true };
  return { host: socket ?? host, port, ssl: postgresTls(tls), ...limits };
}

function mysqlConnection({ host, port, socket, tls }: ServerLocation, { timeoutMs }: OpenOptions): object {
  const place = socket === null ? { host, port } : { socketPath: socket };
  return { ...place, ...(tls ? { ssl: mysqlTls(tls) } : {}), charset: 'utf8mb4', connectTimeout: timeoutMs };
}

/**
 * Planned without scans: a snapshot must be quick on any size, also where the statistics are stale. A scan that cannot
 * be avoided has an enormous cost then, for which PostgreSQL would compile the statement or start helpers. Of the ways
 * to join, only nested loops go to one table by the rows of the other; the others may go through all of an index.
 */
const withoutScans = [
  'SET enable_seqscan = off; SET enable_mergejoin = off; SET enable_hashjoin = off;',
  'SET jit = off; SET max_parallel_workers_per_gather = 0;',
].join(' ');

function postgresSession({ access, timeoutMs, lockWaitMs = timeoutMs, lockLeaseMs }: OpenOptions): string {
  const lease = lockLeaseMs === undefined ? '' : `SET idle_in_transaction_session_timeout = ${lockLeaseMs};`;
  const limits = `SET statement_timeout = ${timeoutMs}; SET lock_timeout = ${lockWaitMs};`;
  const readOnly = access === 'read' ? 'SET default_transaction_read_only = on;' : '';
  return `${limits} ${lease} ${withoutScans} ${readOnly}`;
}

type RawPostgres = { query(sql: string, done: (error: Error | null) => void): void };

function setUp(sql: string) {
  return (connection: RawPostgres, done: (error: Error | null, connection: RawPostgres) => void): void => {
    connection.query(sql, (error) => done(error, connection));
  };
}

interface RawMysql {
  readonly stream: Socket;
  readonly _command?: object;
}

/**
 * The driver waits for ever for the answer to a statement. A connection without one in flight may be idle: somebody
 * thinks about a plan.
 */
function giveUpAfter(ms: number) {
  return (connection: RawMysql, done: (error: Error | null, connection: RawMysql) => void): void => {
    const { stream } = connection;
    stream.setTimeout(ms, () => void (connection._command && stream.destroy()));
    done(null, connection);
  };
}

/** As libpq means it: `require` encrypts, and verifies only if a root certificate is given. */
function postgresTls(tls: Tls | null): object | false {
  if (!tls) return false;
  const { mode, ...files } = tls;
  if (mode === 'verify-full') return { ...files, rejectUnauthorized: true };
  const verify = mode === 'verify-ca' || files.ca !== undefined;
  return { ...files, rejectUnauthorized: verify, checkServerIdentity: () => undefined };
}

function mysqlTls({ mode, ...files }: Tls): object {
  return { ...files, rejectUnauthorized: mode.startsWith('verify'), verifyIdentity: mode === 'verify-full' };
}
