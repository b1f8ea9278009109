// One master takes the place of another while builds run, requests come and changes are committed; what has become of them is read from the database.
import test, { type ExecutionContext } from 'ava';
import type { UpgradeEvent, UpgradeReport } from '../../src/lib/upgrade/events.js';
import { realTest } from '../_helpers/buildbot.js';
import type { CliResult } from '../_helpers/cli.js';
import { engines } from '../_helpers/database.js';
import { begin, building } from '../_helpers/upgrade/begin.js';
import { prove } from '../_helpers/upgrade/proof.js';
import type { Key } from '../_helpers/upgrade/sides.js';
import type { UpgradeScene } from '../_helpers/upgrade/upgrade-scene.js';

/** The build that waits at the gate goes on until much has been asked for, and changed, while its master drains. */
async function upgrade(scene: UpgradeScene, from: Key, to: Key, ...words: string[]): Promise<CliResult> {
  const { t, asking, site } = scene;
  const cli = scene.bbctl('upgrade', '--drain', from, '--start', to, '--yes', ...words);
  await cli.waitForOutput(/was asked to drain|"event":"asked"/, 120_000);
  await asking.more(10);
  await scene.commit(`from ${from} to ${to}`);
  await site.openGate();
  const result = await cli.finished;
  t.log(result.stdout);
  t.is(result.status, 0, result.stdout + result.stderr);
  return result;
}

realTest('postgres', 'PostgreSQL: from Buildbot to Buildbot, and every event is told', async (t) => {
  const scene = await begin(t, 'postgres', { blue: 'buildbot', green: 'buildbot' });
  const { stdout } = await upgrade(scene, 'blue', 'green', '--json');
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line) as UpgradeEvent); // prettier-ignore
  const last = events.at(-1);
  t.deepEqual([events[0]?.event, last?.event], ['plan', 'report']);
  if (last?.event === 'report') verifyReport(t, last.report, scene);
  await prove(scene, 'green');
});

function verifyReport(t: ExecutionContext, report: UpgradeReport, { sides: { blue, green } }: UpgradeScene): void {
  const { status, complaints, retried, services, workers, builds } = report;
  t.deepEqual({ status, complaints, retried }, { status: 'done', complaints: [], retried: 0 });
  const moved = services.filter(({ name }) => name !== 'force').map(({ name, from, to }) => ({ name, from, to })); // prettier-ignore
  t.deepEqual(moved.sort((a, b) => (a.name < b.name ? -1 : 1)), ['on-commit', 'periodic', 'poller'].map((name) => ({ name, from: blue.name, to: green.name }))); // prettier-ignore
  for (const worker of ['roving', 'heavy']) t.deepEqual(workers.find((one) => one.worker === worker)?.to, [green.name]);
  t.true(builds.some(({ builder, number, results }) => builder === 'slow' && number === 1 && results === 'success'));
  t.log(report.withoutWorker);
}

realTest('innodb', 'InnoDB: from Buildbot to Buildbot', async (t) => {
  const scene = await begin(t, 'innodb', { blue: 'buildbot', green: 'buildbot' });
  await upgrade(scene, 'blue', 'green');
  await prove(scene, 'green');
});

realTest('postgres', "from Buildbot to bbctl's master, and back", async (t) => {
  const scene = await begin(t, 'postgres', { blue: 'buildbot', green: 'bbctl' });
  await upgrade(scene, 'blue', 'green');
  await scene.site.closeGate();
  await building(scene, 'green');
  await upgrade(scene, 'green', 'blue');
  await prove(scene, 'blue');
});

for (const engine of ['postgres', 'sqlite'] as const)
  (engines.includes(engine) ? test.serial : test.skip)(
    `${engine}: from a master of bbctl's own to another`,
    async (t: ExecutionContext) => {
      t.timeout(120_000);
      const scene = await begin(t, engine, { blue: 'bbctl', green: 'bbctl' });
      await upgrade(scene, 'blue', 'green');
      await prove(scene, 'green');
    },
  );
