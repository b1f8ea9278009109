// A MariaDB that is read-only as a whole, as a replica is: a setting of the server, which therefore is this test's own.
import test from 'ava';
import { account } from '../_helpers/accounts.js';
import { addLivingMaster, deadMaster } from '../_helpers/clusters.js';
import { diffDumps, engines } from '../_helpers/database.js';
import { home, told } from '../_helpers/health.js';
import { makeUnclean } from '../_helpers/killed.js';
import { ownMariadb } from '../_helpers/own-mariadb.js';

const tables = engines.filter((engine) => engine === 'myisam' || engine === 'innodb');

(tables.length > 0 ? test : test.skip)('MariaDB: a server that is read-only is read, and not repaired', async (t) => {
  process.env.BBCTL_TEST_MYSQL = await ownMariadb(t);
  for (const engine of tables) {
    const db = await deadMaster(t, engine);
    await makeUnclean(db);
    await addLivingMaster(db);
    const options = { db: (await account(t, db, 'all')).url, home: home(t) };
    const before = await db.dump();
    await db.exec('SET GLOBAL read_only = 1');
    const { status } = await told('', options);
    t.like(await told('--repair', options), { status, repair: { journal: null } });
    t.regex((await told('--repair', options)).repair?.status ?? '', /cannot be written: .*read.only/);
    t.deepEqual(diffDumps(before, await db.dump()), []);
    await db.exec('SET GLOBAL read_only = 0');
    t.like(await told('--repair', options), { repair: { status: 'done', journal: 1 } });
  }
});
