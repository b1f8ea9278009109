/* Masters of bbctl's own that build, in this process, as a `cluster.yaml` says. */
import path from 'node:path';
import type { ExecutionContext } from 'ava';
import type { ClusterConfig } from '../../src/lib/model/cluster-config.js';
import { Workshop } from '../../src/lib/runtime/make-work.js';
import { controlsOf } from '../../src/lib/runtime/force-builds.js';
import type { ForceRequest } from '../../src/lib/runtime/schedulers/force.js';
import type { Scheduled } from '../../src/lib/runtime/schedulers/schedule.js';
import { NotHolder } from '../../src/lib/db/fence.js';
import { until } from './buildbot/until.js';
import { configOf } from './cluster-files.js';
import { databaseFrom } from './database.js';
import type { EngineName, TestDatabase } from './database.js';
import { startWork } from './masters-of-bbctl.js';
import type { StartedMaster } from './masters-of-bbctl.js';
import { insertRevision } from './recordings.js';

export interface Cluster {
  readonly database: TestDatabase;
  readonly config: ClusterConfig;
  /** Begins a master under the key that it has in the file, through another address of the database if one is given. */
  readonly start: (key: string, url?: string, expireAfterMs?: number) => BuildingMaster;
}

export interface BuildingMaster extends StartedMaster {
  /** Asks for builds by the force scheduler of that name. */
  force(scheduler: string, request?: Partial<ForceRequest>): Promise<Scheduled>;
}

/** An empty cluster with this configuration; every scheduler of it that is forced is called as it is in the file. */
export async function clusterOf(
  t: ExecutionContext,
  engine: EngineName,
  yaml: string,
  schema = '3.7.0/fresh',
): Promise<Cluster> {
  const database = await databaseFrom(engine, schema);
  await insertRevision(database, schema);
  const config = await configOf(t, yaml);
  const folder = path.dirname(config.file);
  const started: StartedMaster[] = [];
  t.teardown(async () => {
    for (const { master } of started) master.orders.stop();
    await Promise.allSettled(started.map(({ ended }) => ended));
    await Promise.all(started.map((one) => one.close()));
    await database.close();
  });
  const start: Cluster['start'] = (key, url = database.url, expireAfterMs = 5000) => {
    const section = config.masters.find((one) => one.key === key)!;
    const workDir = path.join(folder, key);
    const one = startWork(url, section.name ?? key, new Workshop(workDir).make(config, section), { workDir, expireAfterMs }); // prettier-ignore
    started.push(one);
    return { ...one, force: (scheduler, request) => forceOn(one, config, key, scheduler, request) };
  };
  return { database, config, start };
}

function forceOn(
  { master, stores }: StartedMaster,
  config: ClusterConfig,
  key: string,
  scheduler: string,
  request: Partial<ForceRequest> = {},
): Promise<Scheduled> {
  const section = config.masters.find((one) => one.key === key)!;
  const ground = { membership: master.membership, store: stores.work, wakeUps: master.wakeUps };
  const controls = controlsOf(ground, () => ({ config, section }));
  const ask = (): Promise<Scheduled> =>
    controls.force(controls.forceScheduler(scheduler)!, { owner: 'tests', ...request });
  // On a machine with much to do its heartbeats are late now and then.
  const unlessFenced = (error: unknown): undefined => {
    if (!(error instanceof NotHolder)) throw error;
  };
  return until(`${key} trusts its claims`, () => ask().catch(unlessFenced));
}
