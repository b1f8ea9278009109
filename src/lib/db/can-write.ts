import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import type { Knex } from 'knex';
import { Failure } from '../errors.js';
import { rightsOf } from '../model/privileges.js';
import { Database } from './connect.js';
import type { OpenOptions, Transaction } from './connect.js';
import type { Location } from './url.js';

/** What an expiry reads, locks or writes. */
const tables = [
  'masters', 'builds', 'steps', 'logs', 'buildrequests', 'buildrequest_claims', 'connected_workers', 'configured_workers',
  'builder_masters', 'scheduler_masters', 'changesource_masters',
] as const; // prettier-ignore

/**
 * Why this user cannot write there what an expiry writes: the server only reads, the file cannot be written, or rights
 * are missing. `null`: it can. Everything is tried, and no row is written. Throws a `Failure` where nobody answers in time.
 */
export async function whyNotWritable(location: Location, options: Omit<OpenOptions, 'access'>): Promise<string | null> {
  try {
    const database = await Database.open(location, { ...options, access: 'write' });
    await database.write(tables, writeNothing).finally(() => database.close());
    return location.engine === 'sqlite' ? whyNotBeside(location.file) : null;
  } catch (error) {
    if (error instanceof Failure && error.code === 'unreachable') return error.message;
    throw error;
  }
} // prettier-ignore

/** Rights are asked for before rows are. */
async function writeNothing({ sql, dialect }: Transaction): Promise<void> {
  for (const table of tables) {
    const { update, delete: deletes, lock } = rightsOf.repair[table] ?? {};
    const none = (): Knex.QueryBuilder => sql(table).whereRaw('1 = 0');
    const columns = update === undefined || update === 'any' ? [] : update;
    if (columns.length > 0) await none().update(Object.fromEntries(columns.map((column) => [column, sql.ref(column)])));
    if (lock !== undefined) await dialect.locking(none().select(lock));
    if (deletes) await none().delete();
  }
}

/** The lock between two bbctls is a file of its own. */
function whyNotBeside(file: string): string | null {
  const folder = path.dirname(file);
  try {
    accessSync(folder, constants.W_OK);
    return null;
  } catch {
    return `Nothing can be written beside the database, in ${folder}.`;
  }
}
