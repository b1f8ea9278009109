// The command, with masters of bbctl's own as processes: killed at each stage, it goes on, here or in another terminal.
import test from 'ava';
import { engines } from '../_helpers/database.js';
import { UpgradingMasters, verifyBuilt, verifyStatus, verifyUpgraded } from '../_helpers/upgrading-masters.js';

for (const engine of engines) {
  test(`${engine}: killed after each thing that it tells, it goes on and ends well`, async (t) => {
    t.timeout(300_000);
    const site = await UpgradingMasters.begin(t, { engine });
    await site.killedAt(site.begun(), /ci2:\/srv\/green was started by its command/);
    await site.killedAt(site.upgrade('--resume'), /ci2:\/srv\/green is there after/);
    await site.force('green');
    await site.killedAt(site.upgrade('--resume'), /ci1:\/srv\/blue was asked to drain/);
    // The same words again, by other names.
    const same = site.upgrade('--drain', 'ci1:/srv/blue', '--start', 'green');
    await site.killedAt(same, /Drain ci1[^]*\d builds? left/);
    site.openGate();
    // What comes then takes no time: it may be quicker than who kills it.
    for (const stage of [/ci1:\/srv\/blue has stopped|Hand over/, /Look in the database/])
      if (site.saved().finished === null) await site.killedAt(site.upgrade('--resume'), stage);
    if (site.saved().finished === null) {
      const end = await site.upgrade('--resume').finished;
      verifyStatus(t, end, 0);
      t.regex(end.stdout, /Done after .*, and checked in the database\.\n$/);
    }
    await verifyUpgraded(t, site);
    await verifyBuilt(t, site);
    t.is(site.starts('green'), 1);
    const again = await site.upgrade('--resume').finished;
    verifyStatus(t, again, 3);
    t.regex(again.stderr, /The last upgrade \(drain ci1:\/srv\/blue, start ci2:\/srv\/green\) is done/);
  });
}

for (const engine of engines) {
  test(`${engine}: of two operators one is told who the other is; Ctrl-C leaves the drain to itself, and the other goes on`, async (t) => {
    t.timeout(120_000);
    const site = await UpgradingMasters.begin(t, { engine });
    const dry = await site.begun('--dry-run', '--json').finished;
    verifyStatus(t, dry, 0);
    const events = dry.stdout.trim().split('\n').map((line) => JSON.parse(line) as { event: string }); // prettier-ignore
    t.deepEqual(events.map(({ event }) => event), ['plan', 'report']); // prettier-ignore
    t.is(site.lastEvent(dry).report.status, 'dry run');
    t.deepEqual([site.leftovers(), site.starts('green'), await site.active()], [[], 0, ['blue']]);

    const first = site.begun('--json');
    await first.waitForOutput(/"event":"asked"/);
    const second = await site.begun().finished;
    verifyStatus(t, second, 4);
    const who = engine === 'sqlite' ? /Another bbctl is upgrading .*: upgrade by \S+@\S+, process \d+, since \d{4}-/s : /Another bbctl is upgrading .*since/s; // prettier-ignore
    t.regex(second.stderr, who);
    verifyStatus(t, await site.begun('--dry-run').finished, 0);

    first.kill('SIGINT');
    const interrupted = await first.finished;
    verifyStatus(t, interrupted, 130);
    t.is(site.lastEvent(interrupted).report.status, 'interrupted');
    t.deepEqual(site.running(), ['blue', 'green']);
    const third = site.upgrade('--resume');
    await third.waitForOutput(/it drains already[^]*Drain ci1[^]*\d builds? left/);
    site.openGate();
    verifyStatus(t, await third.finished, 0);
    await verifyUpgraded(t, site);
    await verifyBuilt(t, site);
    t.deepEqual(site.leftovers(), [site.saved().file]);
  });
}
