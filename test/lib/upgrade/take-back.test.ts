// Back from each stage of an upgrade, with masters of bbctl's own as processes.
import test from 'ava';
import { engines } from '../../_helpers/database.js';
import {
  UpgradingMasters,
  verifyBuilt,
  verifyStatus,
  verifyTakenBack,
  verifyUpgraded,
} from '../../_helpers/upgrading-masters.js';

for (const engine of engines) {
  test(`${engine}: back from each stage: the old one serves again, and the new one is drained`, async (t) => {
    t.timeout(300_000);
    const site = await UpgradingMasters.begin(t, { engine });

    await site.killedAt(site.begun(), /green was started by its command/);
    const first = await site.upgrade('--abort').finished;
    verifyStatus(t, first, 0);
    t.regex(first.stdout, /\nTaken back\.\n$/);
    await verifyTakenBack(t, site);
    t.deepEqual(site.running(), ['blue'], 'what had been started does not come later');

    // It may not have said yet that it drains.
    await site.killedAt(site.begun(), /was asked to drain/);
    const second = await site.upgrade('--abort').finished;
    verifyStatus(t, second, 0);
    t.regex(second.stdout, /ci1:\/srv\/blue takes part again: its drain was taken back\.\n[^]*ci2:\/srv\/green was asked to drain[^]*\nTaken back\.\n$/); // prettier-ignore
    await verifyTakenBack(t, site);
    t.is(site.starts('blue'), 0);

    const third = site.begun();
    await third.waitForOutput(/was asked to drain[^]*\d builds? left/);
    site.openGate();
    await site.killedAt(third, /ci1:\/srv\/blue has stopped/);
    await site.killedAt(site.upgrade('--abort'), /ci2:\/srv\/green was asked to drain/);
    const back = await site.upgrade('--abort').finished;
    verifyStatus(t, back, 0);
    t.regex(back.stdout, /ci1:\/srv\/blue +started again .*\n[^]*\nTaken back\.\n$/);
    await verifyTakenBack(t, site);
    t.is(site.starts('blue'), 1);

    await site.force('blue');
    verifyStatus(t, await site.begun().finished, 0);
    await verifyUpgraded(t, site);
    const late = await site.upgrade('--abort').finished;
    verifyStatus(t, late, 3);
    t.regex(late.stderr, /is done: nothing is left of it to do[^]*the other way round/);
    await verifyBuilt(t, site);
  });
}
