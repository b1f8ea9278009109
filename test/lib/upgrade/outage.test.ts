// The server of the database is stopped and started again in the middle of a drain.
import { startPostgres } from '../../_helpers/buildbot/postgres-server.js';
import { bbctl } from '../../_helpers/cli.js';
import { testWith } from '../../_helpers/test-with.js';
import { UpgradingMasters, verifyBuilt, verifyStatus, verifyUpgraded } from '../../_helpers/upgrading-masters.js';

testWith('postgres')('a database that is away for a while is waited for', async (t) => {
  t.timeout(180_000);
  const database = await startPostgres(t);
  t.is((await bbctl(['db', 'init', '--yes', '--db', database.url])).status, 0);
  const site = await UpgradingMasters.begin(t, { database });
  const run = site.begun();
  await run.waitForOutput(/was asked to drain[^]*\d builds? left/);
  await database.stop();
  await run.waitForOutput(/Lost contact:/);
  await database.start();
  await run.waitForOutput(/The database answers again/);
  site.openGate();
  verifyStatus(t, await run.finished, 0);
  await verifyUpgraded(t, site);
  await verifyBuilt(t, site);
});
