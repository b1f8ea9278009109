// Masters that are not what they are called, or not what they were.
import test from 'ava';
import { until } from '../../_helpers/buildbot/until.js';
import { UpgradingMasters, verifyStatus } from '../../_helpers/upgrading-masters.js';

test('names that do not match are told with the way out, and nothing is touched', async (t) => {
  t.timeout(120_000);
  const site = await UpgradingMasters.begin(t);
  const said = async (status: number, ...words: string[]): Promise<string> => {
    const end = await site.upgrade(...words).finished;
    verifyStatus(t, end, status);
    return end.stderr.replace(/\s+/g, ' ');
  };
  t.regex(await said(3, '--drain', 'blu', '--start', 'green'), /no master .*blu/i);
  t.regex(await said(3, '--drain', 'blue', '--start', 'gren'), /gren.*green/);
  const same = await said(4, '--drain', 'blue', '--start', 'ci1:/srv/blue');
  t.regex(same, /ci1:\/srv\/blue is to be started and drained/);
  t.deepEqual([site.leftovers(), site.starts('green'), site.running()], [[], 0, ['blue']]);

  await site.kill9('blue');
  const silent = (): Promise<boolean> =>
    site.database.query('SELECT last_active FROM masters').then(([row]) => Number(row?.['last_active']) < Date.now() / 1000 - 10); // prettier-ignore
  await until('blue counts as dead', silent);
  const dead = await said(4, '--drain', 'blue', '--start', 'green');
  t.regex(dead, /ci1:\/srv\/blue is dead: nothing can be asked of it\..*bbctl masters expire ci1:\/srv\/blue/);
  t.deepEqual([site.leftovers(), site.starts('green')], [[], 0]);
});
