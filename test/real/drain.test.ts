// A real Buildbot master drains, stops and is killed as bbctl asks it to; what has become of it is read from its database.
import type { ExecutionContext } from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createSite,
  isStepRunning,
  readBuilds,
  readClaim,
  readMaster,
  readResults,
  readServices,
  realTest,
  RETRY,
  SUCCESS,
  until,
  type Master,
  type Site,
} from '../_helpers/buildbot.js';
import { bbctl, startBbctl, type RunningCli } from '../_helpers/cli.js';
import { emptyDatabase, type TestDatabase } from '../_helpers/database.js';

const CANCELLED = 6;

interface Building extends Site {
  readonly db: TestDatabase;
  readonly master: Master;
  readonly config: string;
  readonly requestId: number;
}

/** A master that holds services and builds `slow`, which ends when the gate is opened. */
async function building(t: ExecutionContext): Promise<Building> {
  const db = await emptyDatabase('sqlite');
  t.teardown(() => db.close());
  const site = await createSite(t, db.url);
  const master = await site.addMaster('a');
  await master.start();
  const { requestId } = await master.force('slow');
  await until('the build runs', () => isStepRunning(db, requestId));
  const config = join(site.home, 'cluster.yaml');
  writeFileSync(config, clusterYaml(master, db));
  return { ...site, db, master, config, requestId };
}

/** It kills the master, and has it seem that its heart has been silent for long: nobody waits for that. */
const killer = `
import os, signal, sqlite3, sys
os.kill(int(open(sys.argv[1]).read()), signal.SIGKILL)
database = sqlite3.connect(sys.argv[2])
for table, columns in (('masters', ['last_active']), ('buildrequest_claims', ['claimed_at']), ('builds', ['started_at']), ('steps', ['started_at', 'complete_at'])):
    for column in columns:
        database.execute('UPDATE %s SET %s = %s - 700' % (table, column, column))
database.commit()
`;

function clusterYaml({ name, dir }: Master, db: TestDatabase): string {
  const pidFile = `${dir}/twistd.pid`;
  const control = {
    drain: { signal: 'USR1', pidFile },
    stop: { signal: 'TERM', pidFile },
    kill: { exec: ['python3', '-c', killer, pidFile, db.url.replace('sqlite:///', '')] },
  };
  return JSON.stringify({ masters: { a: { kind: 'buildbot', name, control } } });
}

function drain({ db, config }: Building, ...words: string[]): RunningCli {
  return startBbctl(['masters', 'drain', 'a', '--config', config, '--yes', ...words], {
    db: db.url,
    timeoutMs: 200_000,
  });
}

realTest('sqlite', 'a drain ends when the build has ended, and everything is released', async (t) => {
  const cluster = await building(t);
  const { db, master, requestId } = cluster;
  t.not(Object.keys(await readServices(db)).length, 0);
  const cli = drain(cluster);
  await cli.waitForOutput(/1 build left \(slow #1: command[^]*was asked to drain/);
  await cluster.openGate();
  const { status, stdout, stderr } = await cli.finished;
  t.is(status, 0, stdout + stderr);
  t.regex(stdout, /a: stopped after \d+s; 1 build: 1 success\nStopped, and checked in the database\.\n$/);
  t.false((await readMaster(db, master)).active);
  t.deepEqual(await readServices(db), {});
  t.is((await readBuilds(db, requestId))[0]?.results, SUCCESS);
  t.is((await drain(cluster).finished).stdout.split('\n').at(-2), 'Nothing to do.');
});

realTest(
  'sqlite',
  'Ctrl-C ends the watching; the deadline, too; then somebody else watches on and stops it',
  async (t) => {
    const cluster = await building(t);
    const { db, master, requestId } = cluster;
    const watching = drain(cluster);
    await watching.waitForOutput(/was asked to drain\./);
    watching.kill('SIGINT');
    const interrupted = await watching.finished;
    t.is(interrupted.status, 130);
    t.regex(interrupted.stdout, /goes on draining; "bbctl masters drain \S+\/a" watches again\./);
    t.true((await readMaster(db, master)).active);

    const late = await drain(cluster, '--deadline', '1s', '--json').finished;
    t.is(late.status, 7, late.stdout + late.stderr);
    const events = late.stdout.trim().split('\n').map((line) => JSON.parse(line) as { event: string }); // prettier-ignore
    t.deepEqual([events[0]?.event, events.at(-2)?.event, events.at(-1)?.event], ['plan', 'deadline', 'report']);
    t.true((await readMaster(db, master)).active);

    const stopped = await drain(cluster, '--deadline', '1s', '--on-deadline', 'stop').finished;
    t.is(stopped.status, 0, stopped.stdout + stopped.stderr);
    t.regex(stopped.stdout, /now a quick stop is asked for\.[^]*stopped after \d+s; 1 build: 1 retry/);
    // Buildbot stops one that drains more kindly than one that does not: the request is somebody else's to build.
    t.deepEqual([await readClaim(db, requestId), await readResults(db, requestId)], [null, null]);
  },
);

realTest('sqlite', 'who waits at the deadline sees the end all the same', async (t) => {
  const cluster = await building(t);
  const cli = drain(cluster, '--deadline', '1s', '--on-deadline', 'wait');
  await cli.waitForOutput(/The deadline has come for \S+: waiting on\./);
  await cluster.openGate();
  const { status, stdout } = await cli.finished;
  t.is(status, 0, stdout);
  t.is(stdout.split('The deadline has come').length, 2);
});

realTest('sqlite', 'a master is killed at the deadline, and expired when its heart is seen to be silent', async (t) => {
  const cluster = await building(t);
  const { db, master, requestId } = cluster;
  const cli = drain(cluster, '--deadline', '1s', '--on-deadline', 'kill');
  const { status, stdout, stderr } = await cli.finished;
  t.is(status, 0, stdout + stderr);
  t.regex(
    stdout,
    /The process of \S+ is gone\.[^]*was cleaned up after: journal entry 1\.[^]*stopped \(killed, and then expired\)/,
  );
  t.false((await readMaster(db, master)).active);
  t.is((await readBuilds(db, requestId))[0]?.results, RETRY);
  t.is(await readClaim(db, requestId), null);
});

realTest('sqlite', 'masters stop: a name must be typed where a Buildbot master builds', async (t) => {
  const cluster = await building(t);
  const { db, master, config, requestId } = cluster;
  const stop = (...words: string[]) => bbctl(['masters', 'stop', 'a', '--config', config, ...words], { db: db.url });
  const unconfirmed = await stop('--yes');
  t.is(unconfirmed.status, 6, unconfirmed.stdout);
  t.regex(unconfirmed.stdout, /Buildbot may lose the work of 1 running build/);
  t.true((await readMaster(db, master)).active);
  const stopped = await stop(`--confirm=${master.name}`);
  t.is(stopped.status, 0, stopped.stdout + stopped.stderr);
  // What the warning says: nobody builds it again.
  t.is((await readBuilds(db, requestId))[0]?.results, CANCELLED);
  t.is(await readResults(db, requestId), CANCELLED);
});
