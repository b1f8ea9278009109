// A builder is taken out of the configuration of a master that runs, forgotten beside it, and put back.
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { createCluster, readResults, realTest, SUCCESS, until, type BuildbotCluster, type Master } from '../_helpers/buildbot.js'; // prettier-ignore
import { bbctl } from '../_helpers/cli.js';

interface Builders {
  builders: { builderid: number; name: string; masterids: number[] }[];
}

interface Builds {
  builds: { number: number; results: number }[];
}

/** Forces a build and waits for its end. */
async function builds({ db }: BuildbotCluster, master: Master, builder: string): Promise<number> {
  const { requestId } = await master.force(builder);
  await until(`${builder} is built`, async () => (await readResults(db, requestId)) !== null);
  return (await readResults(db, requestId)) ?? -1;
}

async function shown(master: Master, name: string): Promise<{ builds: Builds['builds']; isConfigured: boolean } | null> {
  const { builders } = (await master.rest(`builders?name=${name}`)) as Builders;
  const [builder] = builders;
  if (!builder) return null;
  const answer = (await master.rest(`builders/${builder.builderid}/builds?order=number`)) as Builds;
  return { builds: answer.builds, isConfigured: builder.masterids.length > 0 };
} // prettier-ignore

async function done(t: ExecutionContext, { db }: BuildbotCluster, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await bbctl(args, { db: db.url });
  t.is(status, 0, stdout + stderr);
  return stdout;
}

for (const engine of ['postgres', 'myisam', 'innodb'] as const) {
  realTest(engine, `a builder is forgotten beside a running master, and put back, on ${engine}`, async (t) => {
    const cluster = await createCluster(t, engine);
    const { db, a, b, home } = cluster;
    await a.start();
    for (const number of [1, 2, 3]) t.is(await builds(cluster, a, 'tick'), SUCCESS, `build ${number}`);
    const refused = await bbctl(['builders', 'forget', 'tick', '--force', '--confirm=tick'], { db: db.url });
    t.is(refused.status, 4);
    t.regex(refused.stderr, /is in use by .*, which is active/);

    await a.reconfig({ withoutBuilders: ['tick'] });
    const file = join(home, 'tick.jsonl.gz');
    await done(t, cluster, 'builders', 'forget', 'tick', '--archive', file, '--force', '--confirm=tick');
    t.is(await shown(a, 'tick'), null);
    t.is(await builds(cluster, a, 'quick'), SUCCESS);

    await a.reconfig({ withoutBuilders: [] });
    t.is(await builds(cluster, a, 'tick'), SUCCESS);
    t.deepEqual((await shown(a, 'tick'))?.builds.map(({ number }) => number), [1]); // prettier-ignore

    const taken = await bbctl(['builders', 'restore', file, '--yes'], { db: db.url });
    t.is(taken.status, 4);
    t.regex(taken.stderr, /with builds that the archive does not have: 1/);
    await done(t, cluster, 'builders', 'restore', file, '--as', 'tick-of-old', '--yes');
    const old = await shown(a, 'tick-of-old');
    t.deepEqual(old?.builds.map(({ number, results }) => [number, results]), [[1, SUCCESS], [2, SUCCESS], [3, SUCCESS]]); // prettier-ignore
    t.false(old?.isConfigured);

    await a.stop();
    await a.start();
    await b.start();
    for (const master of [a, b])
      for (const name of ['tick', 'quick']) t.is(await builds(cluster, master, name), SUCCESS);
    t.notRegex(a.log() + b.log(), /Traceback/);
  });

  realTest(
    engine,
    `a builder is restored with its history where a master has just made it anew, on ${engine}`,
    async (t) => {
      const cluster = await createCluster(t, engine);
      const { a, home } = cluster;
      await a.start();
      for (const number of [1, 2]) t.is(await builds(cluster, a, 'tick'), SUCCESS, `build ${number}`);
      await a.reconfig({ withoutBuilders: ['tick'] });
      const file = join(home, 'tick.jsonl.gz');
      await done(t, cluster, 'builders', 'forget', 'tick', '--archive', file, '--force', '--confirm=tick');
      await a.reconfig({ withoutBuilders: [] });
      await done(t, cluster, 'builders', 'restore', file, '--yes');
      t.is(await builds(cluster, a, 'tick'), SUCCESS);
      t.deepEqual((await shown(a, 'tick'))?.builds.map(({ number }) => number), [1, 2, 3]); // prettier-ignore
      t.notRegex(a.log(), /Traceback/);
    },
  );
}
