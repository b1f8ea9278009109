// The new master is lost while the old one drains: somebody has to decide.
import test, { type ExecutionContext } from 'ava';
import {
  UpgradingMasters,
  verifyBuilt,
  verifyStatus,
  verifyTakenBack,
  verifyUpgraded,
} from '../../_helpers/upgrading-masters.js';

/** Blue drains still. */
async function lost(t: ExecutionContext, site: UpgradingMasters): Promise<void> {
  const run = site.begun();
  await run.waitForOutput(/was asked to drain[^]*\d builds? left/);
  await site.kill9('green');
  const end = await run.finished;
  verifyStatus(t, end, 4);
  t.regex(end.stdout.replace(/\n(?=\S)/g, ' '), /green, on which the upgrade stands, (is dead|is stopped|is unclean|has no process any more)\. What was asked of the others goes on\./); // prettier-ignore
  t.true(site.running().includes('blue'));
}

test('a new master that dies: it is started again by hand, by going on; or all is taken back', async (t) => {
  t.timeout(300_000);
  const site = await UpgradingMasters.begin(t);
  await lost(t, site);
  verifyStatus(t, await site.upgrade('--abort').finished, 0);
  await verifyTakenBack(t, site);

  await lost(t, site);
  await site.begunByHand('green');
  const starts = site.starts('green');
  const again = site.upgrade('--resume');
  await again.waitForOutput(/Drain ci1[^]*\d builds? left/);
  await site.kill9('green');
  verifyStatus(t, await again.finished, 4);
  t.is(site.starts('green'), starts);

  const last = site.upgrade('--resume');
  await last.waitForOutput(/green is there after/);
  site.openGate();
  verifyStatus(t, await last.finished, 0);
  t.is(site.starts('green'), starts + 1);
  await verifyUpgraded(t, site);
  await verifyBuilt(t, site);
});
