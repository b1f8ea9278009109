// Old masters that do not drain as they should: they die, hang, or are not what their pid file says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import test from 'ava';
import { engines } from '../../_helpers/database.js';
import { isRunning } from '../../_helpers/processes.js';
import { UpgradingMasters, verifyBuilt, verifyStatus, verifyUpgraded } from '../../_helpers/upgrading-masters.js';

test('an old master that dies while it drains is cleaned up after, and what it built is built again', async (t) => {
  t.timeout(120_000);
  const site = await UpgradingMasters.begin(t);
  const run = site.begun('--json');
  await run.waitForOutput(/"event":"asked"[^]*"event":"progress"/);
  await site.kill9('blue');
  site.openGate();
  const end = await run.finished;
  verifyStatus(t, end, 0);
  const { report } = site.lastEvent(end);
  t.like(report, { status: 'done', retried: 1, complaints: [] });
  await verifyUpgraded(t, site);
  await verifyBuilt(t, site, 1);
});

for (const engine of engines) {
  test(`${engine}: a drain that does not end by its deadline goes on, and ends when the build does`, async (t) => {
    t.timeout(120_000);
    const site = await UpgradingMasters.begin(t, { engine });
    const late = await site.begun('--deadline', '3s').finished;
    verifyStatus(t, late, 7);
    t.regex(late.stdout, /The deadline has come[^]*"bbctl upgrade --resume"/);
    t.deepEqual(site.running(), ['blue', 'green']);
    const waiting = site.upgrade('--resume', '--deadline', '1s', '--on-deadline', 'wait');
    await waiting.waitForOutput(/The deadline has come/);
    site.openGate();
    verifyStatus(t, await waiting.finished, 0);
    await verifyUpgraded(t, site);
    await verifyBuilt(t, site);
  });
}

test('at the deadline it is stopped: what it builds is built again', async (t) => {
  t.timeout(120_000);
  const site = await UpgradingMasters.begin(t);
  const run = site.begun('--deadline', '3s', '--on-deadline', 'stop');
  await run.waitForOutput(/blue has stopped/);
  site.openGate();
  const end = await run.finished;
  verifyStatus(t, end, 0);
  t.regex(end.stdout, /1 build of the old masters: 1 retry\. Built again: slow #1\./);
  await verifyUpgraded(t, site);
  await verifyBuilt(t, site, 1);
});

test('at the deadline it is killed, and expired when it is gone; one that lives on is never expired', async (t) => {
  t.timeout(180_000);
  const kill = { exec: ['true'] };
  const status = { exec: ['sh', '-c', 'kill -0 $(cat blue.pid) || exit 3'] };
  const site = await UpgradingMasters.begin(t, { control: { blue: { kill, status } } });
  const pid = site.pid('blue');
  const first = site.begun('--deadline', '3s', '--on-deadline', 'kill');
  await first.waitForOutput(/blue was asked to kill/);
  // Its end would be waited for for a minute.
  first.kill('SIGINT');
  const interrupted = await first.finished;
  verifyStatus(t, interrupted, 130);
  t.regex(interrupted.stdout, /blue still runs after its control\.kill: it was not expired/);
  t.true(isRunning(pid));
  t.deepEqual(await site.active(), ['blue', 'green']);
  await site.configure();
  const killed = site.upgrade('--resume', '--deadline', '1s', '--on-deadline', 'kill', '--json');
  await killed.waitForOutput(/"event":"expired"/);
  t.false(isRunning(pid));
  site.openGate();
  const end = await killed.finished;
  verifyStatus(t, end, 0);
  const { report } = site.lastEvent(end);
  t.like(report, { status: 'done', retried: 1 });
  t.like(
    report.masters.find(({ role }) => role === 'old'),
    { killed: true },
  );
  // Green may have been quicker.
  if (/"event":"expired".*"journal":null/.test(end.stdout))
    t.regex(site.text('green.log'), /cleaned up after a dead master/); // prettier-ignore
  else t.like(await site.journal(), [{ operation: 'masters expire', state: 'done' }]);
  await verifyUpgraded(t, site);
  await verifyBuilt(t, site, 1);
});

test('the process of a pid file that is another one by now is not signalled', async (t) => {
  t.timeout(120_000);
  const site = await UpgradingMasters.begin(t);
  const sleeper = spawn('sleep', ['600'], { stdio: 'ignore' });
  await once(sleeper, 'spawn');
  t.teardown(() => sleeper.kill());
  const pidFile = site.at('recycled.pid');
  writeFileSync(pidFile, `${sleeper.pid}\n`);
  await site.configure({ blue: { drain: { signal: 'USR1', pidFile }, kill: { signal: 'KILL', pidFile } } });
  const end = await site.begun().finished;
  verifyStatus(t, end, 4);
  t.regex(end.stdout.replace(/\n(?=\S)/g, ' '), /Process \d+ of \S+recycled\.pid is not the master: it is no "bbctl master run" of blue/); // prettier-ignore
  t.true(isRunning(sleeper.pid!));
  t.true(site.running().includes('blue'));
  t.regex(end.stdout, /"bbctl upgrade --resume"/);
  await site.configure();
  site.openGate();
  verifyStatus(t, await site.upgrade('--resume').finished, 0);
  await verifyUpgraded(t, site);
  t.true(isRunning(sleeper.pid!));
});
