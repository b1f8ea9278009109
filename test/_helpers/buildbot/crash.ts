import type { ExecutionContext } from 'ava';
import { createCluster, type BuildbotCluster, type ServerEngine } from '../buildbot.js';
import type { Settings } from './directory.js';
import { age, isFarFromBeat, isStepRunning, readBuilds, readClaim, readMaster } from './records.js';
import { until } from './until.js';

export interface CrashedCluster extends BuildbotCluster {
  aId: number;
  bId: number;
  /** A was building it. */
  stuck: number;
  /** It waited for the worker that was busy with the other one. */
  pending: number;
}

/** Buildbot's survivors expire after ten minutes. */
const LONG_AGO_SECONDS = 700;

/** A, which held the services and a running build, was killed a long time ago; B lives on, with its next beat far off. */
export async function crashedCluster(
  t: ExecutionContext,
  engine: ServerEngine,
  choices: Partial<Settings> = {},
): Promise<CrashedCluster> {
  const cluster = await createCluster(t, engine, choices);
  const { db, a, b } = cluster;
  await a.start();
  await b.start();
  const { requestId: stuck } = await a.force('slow');
  await until('the build of A runs', () => isStepRunning(db, stuck));
  const { requestId: pending } = await a.force('slow');
  await until('B has just beaten', () => isFarFromBeat(db, b, 25));
  await a.kill9();
  await age(db, a, LONG_AGO_SECONDS);
  const [aId, bId] = [(await readMaster(db, a)).id, (await readMaster(db, b)).id];
  t.is(await readClaim(db, stuck), aId);
  t.is(await readClaim(db, pending), null);
  t.deepEqual(await readBuilds(db, pending), []);
  return { ...cluster, aId, bId, stuck, pending };
}
