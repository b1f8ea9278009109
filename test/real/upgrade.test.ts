// One master takes the place of another while builds run, requests come and changes are committed; what has become of them is read from the database.
import test, { type ExecutionContext } from 'ava';
import { realTest, until } from '../_helpers/buildbot.js';
import { engines } from '../_helpers/database.js';
import { run } from '../_helpers/buildbot/process.js';
import { begin, building } from '../_helpers/upgrade/begin.js';
import { outcome, told, unsuccessful } from '../_helpers/upgrade/proof.js';
import type { Key } from '../_helpers/upgrade/sides.js';
import type { UpgradeScene } from '../_helpers/upgrade/upgrade-scene.js';

async function replace(scene: UpgradeScene, from: Key, to: Key) {
  const { sides, asking, t } = scene;
  const start = (sides[to].section['control'] as { start: { exec: string[] } }).start.exec;
  await run(start[0]!, start.slice(1), {});
  await until('started', async () => (await fetch(`${sides[to].url()}api/v2/masters`)).ok, {}).catch(() => {});
  const cli = scene.bbctl('masters', 'drain', from, '--yes');
  await cli.waitForOutput(/was asked to drain/);
  const n = asking.acknowledged;
  await until('more', () => asking.acknowledged > n + 10);
  await scene.commit(`from ${from} to ${to}`);
  await scene.site.openGate();
  const { status, stdout } = await cli.finished;
  t.log(stdout);
  t.is(status, 0);
}

async function proven(scene: UpgradeScene, to: Key): Promise<void> {
  const end = await outcome(scene, to);
  scene.t.log(told(scene, end));
  if (scene.haproxy) scene.t.log(await scene.haproxy.stats());
  scene.t.deepEqual([...end.problems, ...unsuccessful(end)], []);
}

for (const engine of ['postgres', 'innodb'] as const)
  realTest(engine, `${engine}: from Buildbot to Buildbot`, async (t) => {
    const scene = await begin(t, engine, { blue: 'buildbot', green: 'buildbot' });
    await replace(scene, 'blue', 'green');
    await proven(scene, 'green');
  });

realTest('postgres', "from Buildbot to bbctl's master, and back", async (t) => {
  const scene = await begin(t, 'postgres', { blue: 'buildbot', green: 'bbctl' });
  await replace(scene, 'blue', 'green');
  await scene.site.closeGate();
  await building(scene, 'green');
  await replace(scene, 'green', 'blue');
  await proven(scene, 'blue');
});

for (const engine of ['postgres', 'sqlite'] as const)
  (engines.includes(engine) ? test.serial : test.skip)(
    `${engine}: from a master of bbctl's own to another`,
    async (t: ExecutionContext) => {
      t.timeout(120_000);
      const scene = await begin(t, engine, { blue: 'bbctl', green: 'bbctl' });
      await replace(scene, 'blue', 'green');
      await proven(scene, 'green');
    },
  );
