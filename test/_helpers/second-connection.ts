import { until } from './buildbot/until.js';
import type { ExecutionContext } from 'ava';
import mysql from 'mysql2/promise';
import pg from 'pg';
import type { TestDatabase } from './database.js';

/** Another session on a test's database, as another master's would be. */
export interface SecondConnection {
  exec(sql: string): Promise<void>;
}

export async function secondConnection(t: ExecutionContext, db: TestDatabase): Promise<SecondConnection> {
  if (db.engine === 'postgres') {
    const client = new pg.Client({ connectionString: db.url });
    client.on('error', () => {});
    await client.connect();
    t.teardown(() => client.end());
    return { exec: async (sql) => void (await client.query(sql)) };
  }
  const connection = await mysql.createConnection({ uri: db.url, multipleStatements: true });
  connection.on('error', () => {});
  t.teardown(() => connection.end());
  return { exec: async (sql) => void (await connection.query(sql)) };
}

/** How many sessions on this database wait for a lock of another one. */
async function backendsWaiting(db: TestDatabase): Promise<number> {
  const [row] = await db.query(
    db.engine === 'postgres'
      ? `SELECT COUNT(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
      : `SELECT COUNT(*) AS count FROM information_schema.processlist p LEFT JOIN information_schema.innodb_trx x ON x.trx_mysql_thread_id = p.id
         WHERE p.db = DATABASE() AND (x.trx_state = 'LOCK WAIT' OR p.state LIKE 'Waiting for table%')`,
  );
  return Number(row?.count);
}

/** InnoDB tells anew of its transactions only when it has not been asked for a tenth of a second. */
export async function untilOneWaits(db: TestDatabase, what: string): Promise<void> {
  await until(what, async () => (await backendsWaiting(db)) > 0, { everyMs: 250 });
}
