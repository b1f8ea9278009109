import type { Knex } from 'knex';
import type { Location } from '../url.js';
import { ddlOf, statementsOf } from './ddl.js';
import type { Ddl } from './ddl.js';
import { markOf } from './mark.js';
import type { Occupancy, Wanted } from './occupancy.js';
import type { Table } from './table.js';
import { revisionTable, tablesOf } from './tables.js';

interface Work extends Wanted {
  readonly there: Occupancy;
}

/** Throws what the driver throws. */
export async function makeTables(sql: Knex, engine: Location['engine'], work: Work): Promise<void> {
  const ddl = ddlOf(engine, work.storageEngine);
  if (ddl.preparation !== null) await sql.raw(ddl.preparation);
  await (ddl.isTransactional ? makeAtOnce : makeStepwise)(sql, ddl, work);
}

/** The table of the revision first: of two who make tables at the same time only one gets beyond it. */
async function makeAtOnce(sql: Knex, ddl: Ddl, { revision }: Work): Promise<void> {
  await sql.transaction(async (tx) => {
    for (const statement of statementsOf([revisionTable, ...tablesOf(revision)], ddl)) await tx.raw(statement);
    await tx(revisionTable.name).insert({ version_num: revision });
  });
}

/** Until the last statement a mark stands in the place of the revision. Tables that are there are of a run that broke off. */
async function makeStepwise(sql: Knex, ddl: Ddl, { there, ...wanted }: Work): Promise<void> {
  const mark = { version_num: markOf(wanted) };
  const make = async (tables: readonly Table[]): Promise<void> => {
    const missing = tables.filter(({ name }) => !there.reserved.includes(name));
    for (const statement of statementsOf(missing, ddl)) await sql.raw(statement);
  };
  await make([revisionTable]);
  if (there.revision !== mark.version_num) await sql(revisionTable.name).insert(mark);
  await make(tablesOf(wanted.revision));
  await sql(revisionTable.name).where(mark).update({ version_num: wanted.revision });
}
