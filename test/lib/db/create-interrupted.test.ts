// `db init` that is killed: where there are transactions nothing of it stays; on MySQL it is taken for no whole database,
// and the same call goes on where it broke off.
import test from 'ava';
import { createDatabase } from '../../../src/lib/db/create.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { bbctl } from '../../_helpers/cli.js';
import { emptyDatabase, engines, type EngineName } from '../../_helpers/database.js';
import { openDatabase } from '../../_helpers/gate-hooks.js';
import { creationKilledAt } from '../../_helpers/killed-creation.js';
import { structureOf } from '../../_helpers/structure.js';

const storageEngines: Partial<Record<EngineName, string>> = { innodb: 'InnoDB', myisam: 'MyISAM' };

/** Before which statement: of the first ones each has its own state; then tables; the last takes the mark away. */
const places: Readonly<Record<EngineName, readonly number[]>> = {
  sqlite: [100],
  postgres: [100],
  innodb: [2, 3, 20, 45],
  myisam: [20],
};

for (const engine of engines) {
  test(`${engine}: what a killed one has left is completed, and is no database before`, async (t) => {
    const whole = await emptyDatabase(engine);
    t.teardown(() => whole.close());
    const storageEngine = storageEngines[engine] ?? null;
    const options = storageEngine === null ? {} : { engine: storageEngine };
    await createDatabase(parseDatabaseUrl(whole.url), options);
    const wanted = await structureOf(whole);

    for (const place of places[engine]) {
      const db = await emptyDatabase(engine);
      t.teardown(() => db.close());
      await creationKilledAt(place, db.url, storageEngine);
      const left = await db.tables();
      if (storageEngine === null) t.deepEqual(left, [], `${place}`);
      await t.throwsAsync(openDatabase(db.url), { code: 'schema' }, `${place}`);
      const { isResumed } = await createDatabase(parseDatabaseUrl(db.url), options);
      t.is(isResumed, left.length > 0, `${place}`);
      t.deepEqual(await structureOf(db), wanted, `${place}`);
      t.deepEqual(await db.query('SELECT version_num FROM alembic_version'), [{ version_num: '067' }]);
    }
  });
}

for (const engine of engines.filter((one) => one === 'innodb')) {
  test(`${engine}: one that broke off is finished as it was begun, not otherwise`, async (t) => {
    const db = await emptyDatabase(engine);
    t.teardown(() => db.close());
    await creationKilledAt(20, db.url, 'InnoDB');
    const before = await db.dump();
    for (const [args, url] of [
      [['--revision', '059'], db.url],
      [[], `${db.url}?storage_engine=MyISAM`],
    ] as const) {
      const result = await bbctl(['db', 'init', '--yes', '--json', ...args], { db: url });
      t.is(result.status, 4, result.stdout);
      const { error } = result.json() as { error: { message: string; try: string } };
      t.regex(error.message, /"bbctl db init" of revision 067, on InnoDB, broke off\.$/);
      t.regex(error.try, /--revision 067 and storage_engine=InnoDB .*drop these tables first: .*\bmasters\b/);
    }
    t.deepEqual(await db.dump(), before);
    const { status, stdout } = await bbctl(['db', 'init', '--yes'], { db: db.url });
    t.is(status, 0);
    t.regex(stdout, /A run that broke off has made some of them/);
  });
}
