import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { names, storable, type Connection, type Row } from './connection.js';

const images = new Map<string, Buffer>();

export async function openSqlite(script?: string): Promise<Connection> {
  const directory = await mkdtemp(join(tmpdir(), 'bbctl-sqlite-'));
  const path = join(directory, 'state.sqlite');
  if (script !== undefined) await writeFile(path, imageOf(script));
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  withoutForeignKeys(database);
  const query = (sql: string, params: readonly unknown[] = []) => run(database, sql, params);
  return {
    url: `sqlite:///${path}`,
    query: async (sql, params) => Promise.resolve(query(sql, params)),
    exec: async (sql) => {
      database.exec(sql);
      return Promise.resolve();
    },
    tables: async () =>
      Promise.resolve(
        names(query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")),
      ),
    columns: async (table) => Promise.resolve(names(query('SELECT name FROM pragma_table_info(?)', [table]))),
    quote: (name) => `"${name}"`,
    close: async () => {
      database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function run(database: Database.Database, sql: string, params: readonly unknown[]): Row[] {
  const statement = database.prepare<unknown[], Row>(sql);
  if (statement.reader) return statement.all(...storable(params));
  statement.run(...storable(params));
  return [];
}

/** Running a script takes longer than writing the bytes that it results in. */
function imageOf(script: string): Buffer {
  const known = images.get(script);
  if (known) return known;
  const database = new Database(':memory:');
  withoutForeignKeys(database);
  database.exec(script);
  const image = database.serialize();
  database.close();
  images.set(script, image);
  return image;
}

/** As Buildbot has it; the driver switches them on by itself. */
function withoutForeignKeys(database: Database.Database): void {
  database.pragma('foreign_keys = OFF');
}
