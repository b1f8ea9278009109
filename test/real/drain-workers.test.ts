// Two real Buildbot masters, one of them with a real buildbot-worker, on a server that both share: one drains, one goes on.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster, isStepRunning, readBuilds, readMaster, readResults, realTest, SUCCESS, until } from '../_helpers/buildbot.js'; // prettier-ignore
import { startWorker } from '../_helpers/buildbot/worker.js';
import { startBbctl } from '../_helpers/cli.js';

realTest('postgres', 'the build on a worker that connects ends, what comes meanwhile is built by the other master, and nothing is built twice', async (t) => {
  const { home, db, a, b, openGate } = await createCluster(t, 'postgres', { heavyPassword: 'secret', servicePollSeconds: 2 });
  await a.start();
  const port = Number(await until('it listens for workers', () => /PBServerFactory starting on (\d+)/.exec(a.log())?.[1]));
  const worker = await startWorker({ home, name: 'heavy', password: 'secret', port });
  t.teardown(() => worker.kill9());
  const { requestId: slow } = await a.force('slow');
  await until('the build runs', () => isStepRunning(db, slow));
  await b.start();
  const file = join(home, 'cluster.yaml');
  const drain = { signal: 'USR1', pidFile: join(a.dir, 'twistd.pid') };
  writeFileSync(file, JSON.stringify({ masters: { a: { kind: 'buildbot', name: a.name, control: { drain } } } }));
  const cli = startBbctl(['masters', 'drain', 'a', '--config', file, '--yes'], { db: db.url, timeoutMs: 200_000 });
  await cli.waitForOutput(/1 build left \(slow #1[^]*was asked to drain/);

  const { requestId: quick } = await b.force('quick');
  await until('the other master builds', async () => (await readResults(db, quick)) === SUCCESS);
  await openGate();
  const { status, stdout, stderr } = await cli.finished;
  t.is(status, 0, stdout + stderr);
  t.regex(stdout, /stopped after \d+s; 1 build: 1 success\nStopped, and checked in the database\./);
  const bId = (await readMaster(db, b)).id;
  t.deepEqual((await readBuilds(db, slow)).map(({ results }) => results), [SUCCESS]);
  t.deepEqual((await readBuilds(db, quick)).map(({ masterId, results }) => [masterId, results]), [[bId, SUCCESS]]);
}); // prettier-ignore
