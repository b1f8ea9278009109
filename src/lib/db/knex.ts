import type { Knex } from 'knex';
import type { Location } from './url.js';

/**
 * knex with one dialect. Its front door can resolve every dialect by name, so that a bundle of it holds, and each
 * start parses, the drivers of all of them: half of the time that a command on SQLite takes.
 */
export async function openKnex(engine: Location['engine'], config: Knex.Config): Promise<Knex> {
  const [{ default: makeKnex }, { default: Client }] = await Promise.all([
    import('knex/lib/knex-builder/make-knex.js'),
    dialects[engine](),
  ]);
  return makeKnex(new Client({ ...config, client: engine, useNullAsDefault: true, log: silent }));
}

const dialects = {
  sqlite: () => import('knex/lib/dialects/better-sqlite3/index.js'),
  postgres: () => import('knex/lib/dialects/postgres/index.js'),
  mysql: () => import('knex/lib/dialects/mysql2/index.js'),
};

/** What it would print is no sentence; what fails is thrown. */
const silent = { warn: () => {}, error: () => {}, debug: () => {}, deprecate: () => {} };
