import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../buildbot/until.js';
import { bbctl } from '../cli.js';
import { createRepository, type GitRepository } from '../git-repository.js';
import type { Scope } from '../scope.js';
import { diagnosed, leftBehind, untilQuiet, untilRun, untilWhole } from './aftermath.js';
import type { ChaosMaster } from './chaos-master.js';
import { clusterText } from './cluster-text.js';
import { Committer } from './committer.js';
import { collect } from './evidence.js';
import { makeMischief, type Pace } from './mischief.js';
import { Random } from '../random.js';
import { judge, type ChaosReport } from './report.js';
import { readRecords } from './records.js';
import { Sampler } from './sampler.js';
import { setStage, type Stage, type StageOptions } from './stage.js';

export interface ChaosOptions extends StageOptions {
  readonly seconds: number;
  readonly pace: Pace;
}

/** Runs masters through faults drawn by the seed, and counts what they did. */
export async function runChaos(scope: Scope, options: ChaosOptions): Promise<ChaosReport> {
  const { database, seed } = options;
  const made = await bbctl(['db', 'init', '--yes'], { db: database.url });
  if (made.status !== 0) throw new Error(made.stderr);
  const repository = createRepository(scope);
  repository.git('config', 'gc.auto', '0');
  const stage = await setStage(scope, options, (keys, withExtra) => clusterText(keys, repository.path, withExtra));
  const committer = new Committer(repository, new Random(seed + 1), stage.log);
  const base = allCommits(repository);
  const { sampler, stopSampling } = startSampler(scope, database.url);
  for (const master of stage.masters) master.start();
  await untilWhole(sampler, stage.masters);
  await until('the first poll is over', () => sampler.polledHeads.size > 0);
  await misbehave(stage, options, (signal) => committer.run(signal));
  const problems = stage.complaints;
  const wholeAfter = await settle(stage, sampler, repository).catch(
    (error: unknown) => (problems.push(String(error)), Infinity),
  );
  problems.push(...(await diagnosed(database.url)));
  await stopSampling();
  problems.push(...(await stopAll(stage.masters)), ...(await sampler.store.glance(leftBehind)));
  const records = await sampler.store.glance(readRecords);
  writeFileSync(join(options.dir, 'records.json'), JSON.stringify(records));
  const evidence = collect(stage.masters, { log: stage.log, samples: sampler.samples, records });
  const expected = polledCommits(repository, [...sampler.polledHeads]).filter((revision) => !base.has(revision));
  return judge(evidence, {
    seed,
    engine: database.engine,
    wholeAfter,
    problems,
    expected,
    known: allCommits(repository),
  });
}

export function startSampler(scope: Scope, url: string): { sampler: Sampler; stopSampling: () => Promise<void> } {
  const sampler = new Sampler(url);
  scope.teardown(() => sampler.store.close());
  const ending = new AbortController();
  scope.teardown(() => ending.abort());
  const sampling = sampler.run(ending.signal);
  return { sampler, stopSampling: () => (ending.abort(), sampling) };
}

export async function misbehave(
  { ground, masters, log }: Stage,
  options: ChaosOptions,
  meanwhile: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const ending = new AbortController();
  const acting = [makeMischief(ground, masters, log, options.pace, ending.signal), meanwhile(ending.signal)];
  await pause(options.seconds * 1000);
  ending.abort();
  await Promise.all(acting);
}

/** Until what happened in the chaos is dealt with. */
async function settle(stage: Stage, sampler: Sampler, repository: GitRepository): Promise<number> {
  const { masters, log } = stage;
  const wholeAfter = await calm(stage, sampler);
  const heads = repository.git('for-each-ref', '--format=%(objectname)', 'refs/heads').split('\n');
  await untilQuiet(sampler, heads);
  log.say('quiet');
  await untilRun(sampler, masters);
  return wholeAfter;
}

/** No more faults: returns after how many seconds every service was held again. */
export async function calm({ masters, log, unite }: Stage, sampler: Sampler): Promise<number> {
  unite();
  for (const master of masters) master.signal('SIGHUP');
  log.say('no more faults');
  const wholeAfter = await untilWhole(sampler, masters);
  log.say('whole again', { wholeAfter });
  return wholeAfter;
}

export async function stopAll(masters: readonly ChaosMaster[]): Promise<string[]> {
  const stopped = await Promise.all(
    masters.map(async (master) => ({ master, isFine: await master.terminate(90_000) })),
  );
  return stopped.filter(({ isFine }) => !isFine).map(({ master }) => `${master.key} did not stop in order at the end`);
}

/** Overwritten ones, too. */
function allCommits(repository: GitRepository): Set<string> {
  const objects = repository.git('cat-file', '--batch-all-objects', '--batch-check=%(objecttype) %(objectname)');
  return new Set(objects.split('\n').flatMap((line) => (line.startsWith('commit ') ? [line.slice(7)] : [])));
}

/** Whatever the poller has said it has seen, with all that this comes from. */
function polledCommits(repository: GitRepository, heads: readonly string[]): string[] {
  const branches = repository.git('for-each-ref', '--format=%(objectname)', 'refs/heads').split('\n');
  return repository.git('rev-list', ...new Set([...heads, ...branches])).split('\n');
}
