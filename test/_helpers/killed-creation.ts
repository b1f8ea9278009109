// A program: makes a database, and kills itself (SIGKILL) before the statement of this number.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openRaw } from '../../src/lib/db/connect.js';
import { makeTables } from '../../src/lib/db/creation/make-tables.js';
import { nothingThere } from '../../src/lib/db/creation/occupancy.js';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';

export async function creationKilledAt(statement: number, url: string, storageEngine: string | null): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), [url, storageEngine ?? '', String(statement)]);
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal !== 'SIGKILL') throw new Error(`it was not killed: there is no statement ${statement}`);
}

async function main(url: string, storageEngine: string, statement: number): Promise<void> {
  const location = parseDatabaseUrl(url);
  const sql = await openRaw(location, { access: 'write', timeoutMs: 30_000, purpose: 'test', makesFile: true });
  let left = statement;
  sql.on('query', () => {
    if (left-- === 0) process.kill(process.pid, 'SIGKILL');
  });
  const wanted = { revision: '067' as const, storageEngine: storageEngine || null, besideOthers: false };
  await makeTables(sql, location.engine, { ...wanted, there: nothingThere });
  await sql.destroy();
}

const [, program, url = '', storageEngine = '', statement = ''] = process.argv;
if (program === fileURLToPath(import.meta.url)) await main(url, storageEngine, Number(statement));
