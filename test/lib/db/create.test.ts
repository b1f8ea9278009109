// What bbctl makes is what Buildbot makes, engine by engine: both are asked what they are made of.
import test, { type ExecutionContext } from 'ava';
import { createDatabase } from '../../../src/lib/db/create.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { databaseFrom, emptyDatabase, engines, type EngineName, type TestDatabase } from '../../_helpers/database.js';
import { referencesOf, structureOf, withoutReferences, type Structure } from '../../_helpers/structure.js';

const recordings = [
  ['067', '4.3.0/fresh'],
  ['059', '3.7.0/fresh'],
] as const;

function urlOf(db: TestDatabase): string {
  return db.engine === 'myisam' ? `${db.url}?storage_engine=MyISAM` : db.url;
}

async function recorded(t: ExecutionContext, engine: EngineName, recording: string): Promise<Structure> {
  const db = await databaseFrom(engine, recording);
  t.teardown(() => db.close());
  return structureOf(db);
}

for (const engine of engines) {
  for (const [revision, recording] of recordings) {
    test(`${engine}: revision ${revision} is structurally what Buildbot itself made (${recording})`, async (t) => {
      const db = await emptyDatabase(engine);
      t.teardown(() => db.close());
      const created = await createDatabase(parseDatabaseUrl(urlOf(db)), { revision });
      t.like(created, { revision, isResumed: false, others: [] });
      const made = await structureOf(db);
      t.is(created.tables, (await db.tables()).length);
      const buildbots = await recorded(t, engine, recording);
      if (engine !== 'innodb') t.deepEqual(made, buildbots);
      else {
        // The recordings of MariaDB have no foreign keys: its tables are MyISAM.
        t.deepEqual(withoutReferences(made), buildbots);
        t.deepEqual(referencesOf(made), referencesOf(await recorded(t, 'sqlite', recording)));
      }
      t.deepEqual(await db.query('SELECT version_num FROM alembic_version'), [{ version_num: revision }]);
    });
  }
}
