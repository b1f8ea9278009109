// New masters that do not come, whatever their control says: the old one is left alone, and going on mends it.
import test, { type ExecutionContext } from 'ava';
import {
  UpgradingMasters,
  verifyBuilt,
  verifyStatus,
  verifyUpgraded,
  type StartWay,
} from '../../_helpers/upgrading-masters.js';

async function verifyUntouched(t: ExecutionContext, site: UpgradingMasters): Promise<void> {
  t.deepEqual(site.running(), ['blue']);
  t.deepEqual(await site.holders(), { hourly: 'blue', nightly: 'blue' });
  t.is(site.saved().finished, null);
  t.false(site.text('blue.log').includes('"draining"'));
}

const ways: readonly [StartWay, RegExp][] = [
  ['fails', /ci2:\/srv\/green was not started: \.\/start\.sh ended with status 1: no room in green\. The old/],
  ['lies', /ci2:\/srv\/green was started, and its process is gone again\. The old masters were left as they are\./],
  ['hangs', /ci2:\/srv\/green was not started: \.\/start\.sh did not end within 1 s\. The old/],
  [
    'crashes',
    /ci2:\/srv\/green was started, and its process is gone again\. The old|had become active, and is not any more\. The old/,
  ],
];

test('a start that fails, lies, hangs, or ends in a crash leaves the old master alone; mended, it goes on', async (t) => {
  t.timeout(300_000);
  const start = { exec: ['./start.sh', 'green'], timeout: '1s' };
  // The database says nothing of one that never came: its process must.
  const status = { exec: ['sh', '-c', '[ -e green.pid ] && kill -0 $(cat green.pid) || exit 3'] };
  const site = await UpgradingMasters.begin(t, { control: { green: { start, status } } });
  for (const [how, why] of ways) {
    site.startGoes('green', how);
    const { stdout, ...end } = await site.begun().finished;
    verifyStatus(t, { ...end, stdout }, 4);
    t.regex(stdout.replace(/\n(?=\S)/g, ' '), why, how);
    t.regex(stdout, /"bbctl upgrade --resume"[^]*"bbctl upgrade --abort"/, how);
    await verifyUntouched(t, site);
  }
  t.is(site.starts('green'), 4);
  site.startGoes('green', 'well');
  site.openGate();
  verifyStatus(t, await site.upgrade('--resume').finished, 0);
  await verifyUpgraded(t, site);
  await verifyBuilt(t, site);
});
