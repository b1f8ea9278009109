// What is kept of an upgrade, and what has become of the cluster meanwhile.
import { writeFileSync } from 'node:fs';
import test from 'ava';
import { until } from '../../_helpers/buildbot/until.js';
import { UpgradingMasters, verifyBuilt, verifyStatus, verifyUpgraded } from '../../_helpers/upgrading-masters.js';

test('what somebody has done meanwhile is seen, and what is kept is not forgotten by mistake', async (t) => {
  t.timeout(300_000);
  const site = await UpgradingMasters.begin(t);
  const unknown = await site.upgrade('--resume').finished;
  verifyStatus(t, unknown, 3);
  t.regex(unknown.stderr, /No upgrade of this database is known here: there is nothing to go on with\./);

  site.openGate();
  await site.killedAt(site.begun(), /Hand over/);
  await site.begunByHand('blue');
  const asked = await site.upgrade('--resume').finished;
  verifyStatus(t, asked, 4);
  t.regex(asked.stderr, /ci1:\/srv\/blue was drained and had stopped, and runs again: somebody has started it since\.[^]*--force drains it again/); // prettier-ignore
  t.deepEqual(site.running(), ['blue', 'green']);
  verifyStatus(t, await site.upgrade('--resume', '--force').finished, 0);
  await verifyUpgraded(t, site);

  await site.killedAt(site.upgrade('--drain', 'green', '--start', 'blue'), /blue is there after/);
  const other = await site.begun().finished;
  verifyStatus(t, other, 4);
  t.regex(other.stderr, /An upgrade is not finished: drain ci2:\/srv\/green, start ci1:\/srv\/blue, begun by \S+@\S+, last at work \d{4}-[^]*--force forgets it/); // prettier-ignore
  verifyStatus(t, await site.begun('--force', '--dry-run').finished, 0);

  const { file, text } = site.saved();
  writeFileSync(file, text.slice(0, -9));
  const broken = await site.upgrade('--resume').finished;
  verifyStatus(t, broken, 4);
  t.regex(broken.stderr, /upgrade-\w+\.json should tell of an upgrade, and cannot be read\.[^]*remove it/);
  writeFileSync(file, text);

  verifyStatus(t, await site.bbctl('masters', 'drain', 'green', '--yes').finished, 0);
  await until('green has stopped', () => !site.running().includes('green'));
  const end = await site.upgrade('--resume').finished;
  verifyStatus(t, end, 0);
  t.regex(end.stdout, /ci2:\/srv\/green: it has stopped already/);
  t.deepEqual([await site.active(), await site.holders()], [['blue'], { hourly: 'blue', nightly: 'blue' }]);
  t.is(site.saved().finished, 'done');
  await verifyBuilt(t, site);
});
