// A program: `node until-session-ends.js URL ID` ends when the server does not know the session any more.
import mysql from 'mysql2/promise';
import pg from 'pg';
import { until } from './buildbot/until.js';

const [url = '', id = ''] = process.argv.slice(2);
const known = url.startsWith('mysql') ? await processList() : await activity();
await until('the server ends the session', async () => !(await known()));
process.exit(0);

async function processList(): Promise<() => Promise<boolean>> {
  const connection = await mysql.createConnection(url);
  return async () => {
    const [rows] = await connection.query('SELECT 1 FROM information_schema.processlist WHERE id = ?', [Number(id)]);
    return (rows as unknown[]).length > 0;
  };
}

async function activity(): Promise<() => Promise<boolean>> {
  const client = new pg.Client(url);
  await client.connect();
  return async () =>
    (await client.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [Number(id)])).rows.length > 0;
}
