// What can go wrong while a real Buildbot master takes the place of another: each goes on, or stops with a question, and then ends well.
import type { ExecutionContext } from 'ava';
import { age, realTest, until } from '../_helpers/buildbot.js';
import { startPostgres } from '../_helpers/buildbot/postgres-server.js';
import type { RunningCli } from '../_helpers/cli.js';
import { begin } from '../_helpers/upgrade/begin.js';
import { prove } from '../_helpers/upgrade/proof.js';
import type { SceneDatabase, UpgradeScene } from '../_helpers/upgrade/upgrade-scene.js';

interface Draining extends UpgradeScene {
  readonly cli: RunningCli;
}

/** Green is there, and blue drains: a build of it waits at the gate. */
async function draining(t: ExecutionContext, own?: SceneDatabase): Promise<Draining> {
  const scene = await begin(t, 'postgres', { blue: 'buildbot', green: 'buildbot' }, own);
  const cli = scene.bbctl('upgrade', '--drain', 'blue', '--start', 'green', '--yes');
  t.teardown(() => t.log(cli.stdout() + cli.stderr()));
  await cli.waitForOutput(/was asked to drain/, 120_000);
  await scene.asking.more(3);
  return { ...scene, cli };
}

async function ends(t: ExecutionContext, cli: RunningCli, status: number): Promise<string> {
  const end = await cli.finished;
  t.is(end.status, status, end.stdout + end.stderr);
  return end.stdout;
}

realTest('postgres', 'the old master dies while it drains: what it built is built by the new one', async (t) => {
  const scene = await draining(t);
  const { sides, db, cli, site } = scene;
  await sides.blue.kill9();
  await age(db, sides.blue, 700);
  await site.openGate();
  t.log(await ends(t, cli, 0));
  await prove(scene, 'green', 3);
});

realTest(
  'postgres',
  'the new master dies: it stops with a question, and goes on when that one runs again',
  async (t) => {
    const scene = await draining(t);
    const { sides, cli, site, asking } = scene;
    await asking.stop();
    await sides.green.kill9();
    t.regex(await ends(t, cli, 4), /on which the upgrade stands/);
    await sides.green.start();
    asking.start();
    await site.openGate();
    t.log(await ends(t, scene.bbctl('upgrade', '--resume', '--yes'), 0));
    await prove(scene, 'green', 3);
  },
);

realTest(
  'postgres',
  'HAProxy dies, and bbctl, too: workers are lost and come to the new master; the same command goes on',
  async (t) => {
    const scene = await draining(t);
    const { cli, haproxy, asking, site } = scene;
    cli.kill('SIGKILL');
    await cli.finished.catch(() => {});
    await haproxy!.kill9();
    await asking.more(3);
    await haproxy!.start();
    await site.openGate();
    t.log(await ends(t, scene.bbctl('upgrade', '--drain', 'blue', '--start', 'green', '--yes'), 0));
    await prove(scene, 'green', 5);
  },
);

/** What a Buildbot begins just as its database goes it may never end: for so many looks nothing but the gated build must run. */
const quietLooks = 10;

realTest('postgres', 'the database restarts: contact is lost and found again, and everything goes on', async (t) => {
  const server = await startPostgres(t);
  const scene = await draining(t, server);
  const { cli, asking, site } = scene;
  await asking.stop();
  let looks = 0;
  const isQuiet = async () => (await server.query('SELECT id FROM builds WHERE complete_at IS NULL')).length === 1;
  await until('only the gated build runs', async () => (looks = (await isQuiet()) ? looks + 1 : 0) >= quietLooks);
  await server.stop();
  await cli.waitForOutput(/Lost contact/);
  await server.start();
  asking.start();
  await asking.more(5);
  await site.openGate();
  t.log(await ends(t, cli, 0));
  await prove(scene, 'green', 3);
});

realTest(
  'postgres',
  'the way back: a Buildbot that drains goes to its end and is started again, and the new one is drained',
  async (t) => {
    const scene = await draining(t);
    const { cli, site } = scene;
    cli.kill('SIGINT');
    await ends(t, cli, 130);
    const back = scene.bbctl('upgrade', '--abort', '--yes');
    await back.waitForOutput(/^Drain \S+blue/m, 60_000);
    await site.openGate();
    const told = await ends(t, back, 0);
    t.regex(told, /^Start \S+blue:[^]*^Drain \S+green:[^]*^Taken back\./m);
    await prove(scene, 'blue', 3);
  },
);

realTest(
  'postgres',
  'the deadline: a Buildbot that is stopped while it drains gives its build back, and the new one builds it',
  async (t) => {
    const scene = await begin(t, 'postgres', { blue: 'buildbot', green: 'buildbot' });
    const cli = scene.bbctl('upgrade', '--drain', 'blue', '--start', 'green', '--deadline', '3s', '--on-deadline', 'stop', '--yes'); // prettier-ignore
    t.teardown(() => t.log(cli.stdout() + cli.stderr()));
    await cli.waitForOutput(/blue has stopped, and nothing is left of it/, 120_000);
    await scene.site.openGate();
    t.regex(await ends(t, cli, 0), /now a quick stop is asked for[^]*Built again: slow #1\./);
    await prove(scene, 'green', 5);
  },
);
