import Database from 'better-sqlite3';
import mysql from 'mysql2/promise';
import pg from 'pg';

type Rows = Record<string, unknown>[];

/** A connection of the driver's own, which bbctl's statements are compared with. */
export interface Bare {
  query(sql: string, values?: readonly unknown[]): Promise<Rows>;
  end(): Promise<void>;
}

export async function openBare(url: string): Promise<Bare> {
  if (url.startsWith('sqlite:')) return sqlite(url.replace('sqlite:///', ''));
  return url.startsWith('mysql:') ? mariadb(url) : postgres(url);
}

export async function withBare<T>(url: string, work: (bare: Bare) => Promise<T>): Promise<T> {
  const bare = await openBare(url);
  try {
    return await work(bare);
  } finally {
    await bare.end();
  }
}

async function postgres(url: string): Promise<Bare> {
  const client = new pg.Client(url);
  await client.connect();
  const query = async (sql: string, values: readonly unknown[] = []): Promise<Rows> =>
    (await client.query<Rows[number]>(sql, [...values])).rows;
  return { query, end: () => client.end() };
}

async function mariadb(url: string): Promise<Bare> {
  const connection = await mysql.createConnection(url);
  const query = async (sql: string, values: readonly unknown[] = []): Promise<Rows> =>
    (await connection.query(sql, [...values]))[0] as Rows;
  return { query, end: () => connection.end() };
}

function sqlite(file: string): Bare {
  const database = new Database(file);
  const query = (sql: string, values: readonly unknown[] = []): Promise<Rows> => {
    const statement = database.prepare(sql);
    if (statement.reader) return Promise.resolve(statement.all(...values) as Rows);
    statement.run(...values);
    return Promise.resolve([]);
  };
  return { query, end: () => Promise.resolve(void database.close()) };
}
