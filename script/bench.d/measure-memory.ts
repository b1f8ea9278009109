import { readFileSync, rmSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Bench } from './bench.js';
import { buildAll, prepareBuilders, startBuilding } from './builds.js';
import { endMasters, type MasterProcess } from './master-process.js';
import type { Result } from './report.js';

const slots = 20;

interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}

/** What one master keeps of the builds that it has done. */
export async function* memoryOfBuilds(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  await server.drop('memory');
  await server.run('postgres', 'CREATE DATABASE memory');
  const url = server.url('memory');
  const config = await prepareBuilders(bench.dir, url, slots, '{shell: ["true"]}');
  const file = join(bench.dir, 'memory.json');
  const hook = pathToFileURL(join(import.meta.dirname, 'memory-hook.js')).href;
  const env = { NODE_OPTIONS: `--import=${hook}`, BENCH_MEMORY_FILE: file };
  try {
    const [master] = await startBuilding(bench.dir, { url, config, env }, ['m1']);
    if (!master) return;
    const [few, many] = [1000, 10_000].map((count) => Math.round(count * bench.settings.scale)) as [number, number];
    await buildAll(url, [master], few);
    const before = await memoryOf(master, file);
    for (let done = few; done < many; done += few) await buildAll(url, [master], few);
    const after = await memoryOf(master, file);
    yield line(`a master after ${many} builds / after ${few}: resident memory`, after.rss, before.rss, { atMost: 1 });
    yield line('the same: heap in use', after.heapUsed, before.heapUsed, {});
  } finally {
    await endMasters();
  }
}

const line = (what: string, after: number, before: number, target: { atMost?: number }): Result => ({
  ...{ what, measured: `${mb(after)} / ${mb(before)} MB`, value: after / before, unit: 'x', target },
});

const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** After everything was collected that nobody needs. */
async function memoryOf(master: MasterProcess, file: string): Promise<Memory> {
  await sleep(2000);
  rmSync(file, { force: true });
  master.signal('SIGUSR2');
  while (!existsSync(file)) await sleep(100);
  return JSON.parse(readFileSync(file, 'utf8')) as Memory;
}
