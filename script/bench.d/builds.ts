import { setTimeout as sleep } from 'node:timers/promises';
import { withBare } from './bare.js';
import { MasterProcess, prepareCluster } from './master-process.js';
import { addRequests, announceRequests, idsOf } from './requests.js';

const builders = 10;

/** A cluster of ten builders that do this one step; returns the cluster.yaml. */
export function prepareBuilders(dir: string, url: string, slots: number, step: string): Promise<string> {
  return prepareCluster(dir, url, [
    'expireAfter: 60s',
    `masters: {${['m1', 'm2', 'm3', 'm4'].map((name) => `${name}: {name: ${name}}`).join(', ')}}`,
    `workers: {local: {local: true, slots: ${slots}}}`,
    'builders:',
    ...Array.from(
      { length: builders },
      (_, i) => `  b${i}: {workers: [local], collapseRequests: false, steps: [${step}]}`,
    ),
  ]);
}

/** Adds so many requests and waits until they are built; returns builds a second, from the first start to the last end. */
export async function buildAll(url: string, masters: readonly MasterProcess[], count: number): Promise<number> {
  for (const master of masters) master.forget();
  await withBare(url, async (bare) => {
    await addRequests(bare, count, await idsOf(bare, 'builders'));
    if (url.startsWith('postgresql:')) await bare.query('VACUUM ANALYZE');
    await announceRequests(url);
    const open = () => bare.query('SELECT count(*) AS open FROM buildrequests WHERE complete = 0');
    while (Number((await open())[0]?.['open']) > 0) await sleep(200);
  });
  const times = (message: string): number[] => masters.flatMap((master) => master.times(message));
  while (times('build finished').length < count) await sleep(50);
  const [started, finished] = [times('build started'), times('build finished')];
  const ms = finished.reduce((a, b) => Math.max(a, b)) - started.reduce((a, b) => Math.min(a, b));
  return finished.length / (ms / 1000);
}

/** They are known to the cluster with all that they build. */
export async function startBuilding(
  dir: string,
  { url, config, env }: { url: string; config: string; env?: NodeJS.ProcessEnv },
  names: readonly string[],
): Promise<MasterProcess[]> {
  const masters = names.map((name) => new MasterProcess(dir, config, name, env));
  await Promise.all(masters.map((master) => master.said('joined the cluster')));
  await withBare(url, async (bare) => {
    while ((await bare.query('SELECT id FROM connected_workers')).length < names.length) await sleep(50);
  });
  return masters;
}
