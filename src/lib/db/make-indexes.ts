import type { Knex } from 'knex';
import { indexName } from '../model/missing-index.js';
import type { MissingIndex } from '../model/missing-index.js';
import { openRaw } from './connect.js';
import { rowsOf } from './dialect.js';
import { translateError } from './driver-errors.js';
import type { Location } from './url.js';

/*
 * The one place where bbctl adds something to a database's schema: indexes of its own, on PostgreSQL, made and dropped
 * without keeping anybody from writing. They are never made inside a transaction, and may take longer than a statement.
 */

const dayMs = 86_400_000;

async function onOwnConnection(location: Location, work: (knex: Knex) => Promise<void>): Promise<void> {
  const knex = await openRaw(location, { access: 'write', timeoutMs: dayMs, purpose: 'index' });
  try {
    await work(knex);
  } catch (error) {
    throw translateError(error, location);
  } finally {
    await knex.destroy();
  }
}

export async function makeIndexes(
  location: Location,
  indexes: readonly MissingIndex[],
  progress: (text: string) => void,
): Promise<void> {
  if (location.engine !== 'postgres' || indexes.length === 0) return;
  await onOwnConnection(location, async (knex) => {
    for (const index of indexes) {
      const name = indexName(index);
      progress(name);
      // One that was interrupted stays, is not used, and costs.
      if ((await ownIndexes(knex, false)).includes(name)) await drop(knex, name);
      await knex.raw('create index concurrently if not exists ?? on ?? (??)', [name, index.table, index.column]);
    }
  });
}

/** All of bbctl's own, also those that an interrupted run has left. */
export async function dropIndexes(location: Location): Promise<void> {
  if (location.engine !== 'postgres') return;
  await onOwnConnection(location, async (knex) => {
    for (const name of [...(await ownIndexes(knex, true)), ...(await ownIndexes(knex, false))]) await drop(knex, name);
  });
}

async function ownIndexes(knex: Knex, isValid: boolean): Promise<string[]> {
  const result: unknown = await knex.raw(
    `select c.relname as name from pg_class c join pg_index i on i.indexrelid = c.oid
     where c.relname like 'bbctl\\_%' and pg_table_is_visible(c.oid) and i.indisvalid = ?`,
    [isValid],
  );
  return rowsOf(result).map((row) => row['name'] as string);
}

async function drop(knex: Knex, name: string): Promise<void> {
  await knex.raw('drop index concurrently if exists ??', [name]);
}
