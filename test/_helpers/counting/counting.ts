import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '../../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { systemClock } from '../../../src/lib/runtime/clock.js';
import { ReopeningStore } from '../../../src/lib/runtime/store.js';
import { until } from '../buildbot/until.js';
import { diagnosed, leftBehind, untilRun, untilWhole } from '../chaos/aftermath.js';
import type { ChaosLog } from '../chaos/chaos-log.js';
import { calm, misbehave, startSampler, stopAll, type ChaosOptions } from '../chaos/chaos.js';
import { collect } from '../chaos/evidence.js';
import { readRecords } from '../chaos/records.js';
import { masterNames, setStage, type Stage } from '../chaos/stage.js';
import { bbctl } from '../cli.js';
import { Random } from '../random.js';
import type { Scope } from '../scope.js';
import { readBuildRecords } from './build-records.js';
import { call, Client } from './client.js';
import { countedCluster, periodic, type CountedCluster } from './counted-cluster.js';
import { judgeCounting, type CountingReport } from './counting-report.js';
import { Onlooker } from './onlooker.js';
import { readSideEffects } from './side-effects.js';
import { survivors } from './survivors.js';

export interface CountingOptions extends ChaosOptions {
  readonly clients: number;
}

/** More of them waiting would tell nothing new. */
const mostOpen = 25;

/** Has clients force builds, counting, while masters go through faults drawn by the seed; and judges what came of it. */
export async function runCounting(scope: Scope, options: CountingOptions): Promise<CountingReport> {
  const { database, dir, seed } = options;
  const made = await bbctl(['db', 'init', '--yes'], { db: database.url });
  if (made.status !== 0) throw new Error(made.stderr);
  const cluster = await countedCluster(dir, masterNames(options.masters));
  const stage = orderly(await setStage(scope, options, cluster.text), cluster, database.engine === 'myisam');
  const { sampler, stopSampling } = startSampler(scope, database.url);
  for (const master of stage.masters) master.start();
  await untilWhole(sampler, stage.masters);
  const onlooker = new Onlooker(sampler.store);
  const clients = makeClients(scope, options, { cluster, log: stage.log, onlooker });
  const looking = new AbortController();
  scope.teardown(() => looking.abort());
  const looked = onlooker.run(looking.signal);
  await misbehave(stage, options, (signal) => Promise.all(clients.map((client) => client.run(signal))));
  const problems = stage.complaints;
  const complain = (error: unknown): number => (problems.push(String(error)), Infinity);
  const wholeAfter = await calm(stage, sampler).catch(complain);
  await Promise.all(clients.map((client) => client.askUntilHeard())).catch(complain);
  await until('all that was asked for is built', () => isBuilt(sampler.store), patience).catch(complain);
  await untilRun(sampler, stage.masters).catch(complain);
  problems.push(...(await diagnosed(database.url)));
  looking.abort();
  await Promise.all([looked, stopSampling()]);
  problems.push(...(await stopAll(stage.masters)), ...(await sampler.store.glance(leftBehind)), ...survivors(dir));
  const records = await sampler.store.glance(readBuildRecords);
  const asked = clients.flatMap((client) => client.asked);
  writeFileSync(join(dir, 'records.json'), JSON.stringify({ asked, ...records }));
  const rest = {
    log: stage.log,
    samples: sampler.samples,
    records: await sampler.store.glance(readRecords),
    slackSeconds: 6,
  };
  const evidence = collect(stage.masters, rest);
  const effects = readSideEffects(cluster.record, dir);
  return judgeCounting({ evidence, records, asked, effects, onlooker }, { seed, engine: database.engine, wholeAfter, problems }); // prettier-ignore
}

const patience = { deadlineMs: 180_000, everyMs: 500 };

async function isBuilt(store: ReopeningStore): Promise<boolean> {
  return store.glance(
    async ({ sql }) => (await sql('buildrequests').where('complete', 0).whereNotIn('builderid', sql('builders').where('name', periodic).select('id')).first()) === undefined, // prettier-ignore
  );
}

/** Faults may be asked for over REST, too. */
function orderly(stage: Stage, cluster: CountedCluster, isForgetful: boolean): Stage {
  const order = async ({ key }: { key: string }, method: string): Promise<boolean> =>
    (await call(cluster, cluster.ports.get(key) ?? 0, { place: `masters/${key}`, method })) !== undefined;
  // What a server of MyISAM has acknowledged it may lose when it is killed.
  return { ...stage, ground: { ...stage.ground, order, without: isForgetful ? ['crash'] : [] } };
}

interface Market {
  readonly cluster: CountedCluster;
  readonly log: ChaosLog;
  readonly onlooker: Onlooker;
}

function makeClients(scope: Scope, { clients, seed, database }: CountingOptions, market: Market): Client[] {
  const location = parseDatabaseUrl(database.url);
  const open = () => Database.open(location, { access: 'write', purpose: 'somebody in a hurry', timeoutMs: 2000 });
  const store = new ReopeningStore(location.label, open, systemClock);
  scope.teardown(() => store.close());
  const hasten = (id: number, priority: number): Promise<void> =>
    store.write(['buildrequests'], async ({ sql }) => void (await sql('buildrequests').where({ id, complete: 0 }).update({ priority }))); // prettier-ignore
  const isEnough = (): boolean => market.onlooker.open > mostOpen;
  return Array.from(
    { length: clients },
    (_, index) => new Client({ ...market, name: `client${index + 1}`, random: new Random(seed + 100 + index), isEnough, hasten }), // prettier-ignore
  );
}
