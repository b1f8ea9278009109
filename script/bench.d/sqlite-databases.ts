import Database from 'better-sqlite3';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { clusterRows, type Tables } from './cluster-rows.js';
import { historyStatements, sizesAt, type Dialect } from './history.js';
import { readFixture, readSqliteSchema } from './schema-file.js';
import { fingerprint, secondsNow } from './stamp.js';

const dialect: Dialect = {
  series: (count) =>
    `(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < ${count}) SELECT i FROM s)`,
  bytes: (text) => `CAST('${text}' AS BLOB)`,
};

export const sqliteUrl = (file: string): string => `sqlite:///${file}`;

export function ensureEmpty(dir: string): string {
  const { tables, indexes } = readSqliteSchema();
  return ensure(dir, `empty-${fingerprint(tables, indexes)}`, (db) => db.exec(tables + indexes));
}

export function ensureFixture(dir: string): string {
  const sql = readFixture('3.7.0/sqlite/killed.full.sql');
  return ensure(dir, `killed-${fingerprint(sql)}`, (db) => db.exec(sql));
}

/** Without ANALYZE: Buildbot never runs it on SQLite, so neither has an administrator's database been analysed. */
export function ensureBig(dir: string, scale: number): string {
  const { tables, indexes } = readSqliteSchema();
  const statements = (now: number): string[] => historyStatements(sizesAt(scale), dialect, now);
  const name = `big-${fingerprint(tables, indexes, clusterRows(0), statements(0))}`;
  return ensure(dir, name, (db) => {
    const now = secondsNow();
    db.exec(tables);
    insertRows(db, clusterRows(now));
    for (const statement of statements(now)) db.exec(statement);
    db.exec(indexes);
  });
}

/** Every master was heard of just now. */
export function beat(file: string): void {
  withDatabase(file, (db) => db.prepare('UPDATE masters SET last_active = ?').run(secondsNow()));
}

function ensure(dir: string, name: string, fill: (db: Database.Database) => void): string {
  const file = join(dir, `${name}.sqlite`);
  if (existsSync(file)) return file;
  const unfinished = `${file}.unfinished`;
  rmSync(unfinished, { force: true });
  withDatabase(unfinished, (db) => {
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.pragma('foreign_keys = OFF');
    db.pragma('cache_size = -400000');
    fill(db);
  });
  // As Buildbot leaves it.
  withDatabase(unfinished, (db) => db.pragma('journal_mode = WAL'));
  renameSync(unfinished, file);
  return file;
}

function withDatabase(file: string, work: (db: Database.Database) => void): void {
  const db = new Database(file);
  try {
    work(db);
  } finally {
    db.close();
  }
}

function insertRows(db: Database.Database, tables: Tables): void {
  for (const [table, rows] of Object.entries(tables)) {
    const columns = Object.keys(rows[0] ?? {});
    const values = columns.map((column) => `@${column}`);
    const insert = db.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${values.join(', ')})`);
    db.transaction(() => rows.forEach((row) => insert.run(row)))();
  }
}
