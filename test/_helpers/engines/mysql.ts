import mysql from 'mysql2/promise';
import { names, randomName, siblingUrl, storable, type Connection, type Row } from './connection.js';

export type StorageEngine = 'MyISAM' | 'InnoDB';

export async function openMysql(server: string, engine: StorageEngine, script?: string): Promise<Connection> {
  const name = randomName();
  await onServer(server, (connection) => connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`));
  const url = siblingUrl(server, name);
  // The script changes settings of its session, so it gets one to itself.
  if (script !== undefined) await onServer(url, (connection) => connection.query(withEngine(script, engine)));
  const connection = await connect(url);
  const query: Connection['query'] = async (sql, params = []) => {
    const [rows] = await connection.query(sql, storable(params));
    return Array.isArray(rows) ? (rows as Row[]) : [];
  };
  return {
    url,
    query,
    exec: async (sql) => void (await connection.query(sql)),
    tables: async () =>
      names(await query('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()')),
    columns: async (table) =>
      names(
        await query(
          'SELECT column_name AS name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?',
          [table],
        ),
      ),
    quote: (identifier) => `\`${identifier}\``,
    close: async () => {
      await connection.end();
      await onServer(server, (maintenance) => maintenance.query(`DROP DATABASE ${name}`));
    },
  };
}

/** Foreign keys are not in the recordings (MyISAM has none), so the InnoDB tables are without them too. */
function withEngine(script: string, engine: StorageEngine): string {
  return script.replaceAll('ENGINE=MyISAM', `ENGINE=${engine}`);
}

async function connect(url: string): Promise<mysql.Connection> {
  // Where dozens of tests begin at once, the driver's ten seconds may not be enough.
  const options = { uri: url, connectTimeout: 120_000, multipleStatements: true, decimalNumbers: true };
  const connection = await mysql.createConnection(options);
  // A test may take the server or the database away; the next query reports that.
  connection.on('error', () => {});
  return connection;
}

async function onServer<T>(url: string, work: (connection: mysql.Connection) => Promise<T>): Promise<T> {
  const connection = await connect(url);
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}
