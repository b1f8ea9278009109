import { readFileSync, rmSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Bench } from './bench.js';
import { buildAll, prepareBuilders, startBuilding } from './builds.js';
import { keptBytes } from './kept-bytes.js';
import { endMasters, type MasterProcess } from './master-process.js';
import { median } from './process.js';
import type { Result } from './report.js';

const slots = 20;
const samples = 5;
const counts = { few: 1000, many: 10_000 };

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
  const [few, many] = [counts.few, counts.many].map((count) => Math.round(count * bench.settings.scale)) as [number, number]; // prettier-ignore
  try {
    const long = await Measured.start(bench.dir, url, config, 'm1');
    await long.build(few);
    const before = await long.memory();
    for (let done = few; done < many; done += few) await long.build(few);
    const [after, kept] = [await long.memory(), await long.kept()];
    // What writes its heap has more memory afterwards: another one is asked for what is kept after few.
    const short = await Measured.start(bench.dir, url, config, 'm2');
    await short.build(few);
    const what = `a master after ${many} builds / after ${few}: heap without what the engine compiles`;
    yield line(what, kept, await short.kept(), { atMost: 1.01 });
    yield line('the same: heap in use', after.heapUsed, before.heapUsed, {});
    yield line('the same: resident memory', after.rss, before.rss, {});
  } finally {
    await endMasters();
  }
}

const line = (what: string, after: number, before: number, target: { atMost?: number }): Result => ({
  ...{ what, measured: `${mb(after)} / ${mb(before)} MB`, value: after / before, unit: 'x', target },
});

const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(2);

/** A master alone, that tells its memory after everything was collected that nobody needs. */
class Measured {
  private readonly url: string;
  private readonly master: MasterProcess;
  private readonly file: string;

  private constructor(url: string, master: MasterProcess, file: string) {
    this.url = url;
    this.master = master;
    this.file = file;
  }

  static async start(dir: string, url: string, config: string, name: string): Promise<Measured> {
    await endMasters();
    const file = join(dir, 'memory.json');
    const hook = pathToFileURL(join(import.meta.dirname, 'memory-hook.js')).href;
    const env = { NODE_OPTIONS: `--import=${hook}`, BENCH_MEMORY_FILE: file };
    const [master] = await startBuilding(dir, { url, config, env }, [name]);
    if (!master) throw new Error('no master was started');
    return new Measured(url, master, file);
  }

  async build(count: number): Promise<void> {
    await buildAll(this.url, [this.master], count);
  }

  /** The medians of several looks. */
  async memory(): Promise<Memory> {
    const all: Memory[] = [];
    for (let i = 0; i < samples; i++) all.push(JSON.parse(await this.told('SIGUSR2')) as Memory);
    return { rss: median(all.map(({ rss }) => rss)), heapUsed: median(all.map(({ heapUsed }) => heapUsed)) };
  }

  /** Bytes; can be asked once. */
  async kept(): Promise<number> {
    return keptBytes(await this.told('SIGWINCH'));
  }

  private async told(signal: 'SIGUSR2' | 'SIGWINCH'): Promise<string> {
    await sleep(2000);
    rmSync(this.file, { force: true });
    this.master.signal(signal);
    while (!existsSync(this.file)) await sleep(100);
    return readFileSync(this.file, 'utf8');
  }
}
