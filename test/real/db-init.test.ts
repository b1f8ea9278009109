// A real Buildbot takes what `db init` makes for what it makes itself.
import type { ExecutionContext } from 'ava';
import {
  createSite,
  databaseUrl,
  readBuilds,
  readMaster,
  readResults,
  readServices,
  realTest,
  SUCCESS,
  until,
} from '../_helpers/buildbot.js';
import { readState } from '../_helpers/buildbot/views.js';
import { bbctl } from '../_helpers/cli.js';
import { emptyDatabase, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { structureOf } from '../_helpers/structure.js';

async function empty(t: ExecutionContext, engine: EngineName): Promise<TestDatabase> {
  const db = await emptyDatabase(engine);
  t.teardown(() => db.close());
  return db;
}

for (const engine of ['sqlite', 'postgres', 'innodb'] as const) {
  realTest(engine, `${engine}: a Buildbot master starts on a database of "db init" and builds there`, async (t) => {
    const [db, buildbots] = [await empty(t, engine), await empty(t, engine)];
    const url = databaseUrl(db, engine);
    const made = await bbctl(['db', 'init', '--revision', '059', '--yes'], { db: url });
    t.is(made.status, 0, made.stderr);
    // Buildbot makes its tables in the other database: with the directory, and nowhere else.
    const site = await createSite(t, databaseUrl(buildbots, engine));
    const master = await site.addMaster('one');
    const structure = await structureOf(db);
    t.deepEqual(structure, await structureOf(buildbots));

    await master.configure({ databaseUrl: url });
    await master.start();
    const { id } = await readMaster(db, master);
    t.is(await readState(db, master), 'active');
    t.deepEqual(await readServices(db), { force: id, 'on-commit': id });
    const { requestId } = await master.force('quick');
    await until('it builds', async () => (await readResults(db, requestId)) === SUCCESS);
    t.is((await readBuilds(db, requestId)).length, 1);
    await master.stop();

    // It prints the path of the URL, without all of its slashes.
    if (engine === 'sqlite') t.true((await master.upgradeMaster()).includes(url.replace('sqlite:////', '')));
    t.deepEqual(await structureOf(db), structure);
    t.deepEqual(await db.query('SELECT version_num FROM alembic_version'), [{ version_num: '059' }]);
  });
}
