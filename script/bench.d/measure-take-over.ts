import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './bench.js';
import { ensureFolder, onCopy } from './mariadb.js';
import { endMasters, MasterProcess, prepareMasters } from './master-process.js';
import type { Result } from './report.js';
import { sqliteUrl } from './sqlite-databases.js';

const expireSeconds = 15;
const beatSeconds = expireSeconds / 4;
const rounds = 5;

/** How long a service is active nowhere: after a kill -9, and when its master is stopped. */
export async function* takeOver(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  await server.drop('masters');
  await server.run('postgres', 'CREATE DATABASE masters');
  yield* onDatabase(bench, 'PostgreSQL', server.url('masters'), 1);
  const file = join(bench.dir, 'masters.sqlite');
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  yield* onDatabase(bench, 'SQLite', sqliteUrl(file), 2);
  const folder = await ensureFolder(bench.dir, 'mariadb_empty', () => Promise.resolve());
  yield* await onCopy(folder, async ({ url }) => {
    const results: Result[] = [];
    for await (const result of onDatabase(bench, 'MariaDB', url, 2)) results.push(result);
    return results;
  });
}

async function* onDatabase(bench: Bench, engine: string, url: string, handOverSeconds: number): AsyncGenerator<Result> {
  const config = await prepareMasters(bench.dir, { url, expireAfter: `${expireSeconds}s`, services: 1 });
  try {
    const killed = await start(bench, config, 'blue');
    const survivor = await joined(bench, config, 'green');
    const killedAt = Date.now();
    await killed.end('SIGKILL');
    const seconds = ((await survivor.said('active')) - killedAt) / 1000;
    const atMost = expireSeconds + 2 * beatSeconds;
    yield line(`kill -9 to active elsewhere, ${engine}, expireAfter ${expireSeconds}s`, 'once', seconds, atMost);
    const times = await handOvers(bench, config, survivor);
    yield line(
      `clean stop to active elsewhere, ${engine}`,
      `slowest of ${rounds}`,
      Math.max(...times),
      handOverSeconds,
    );
  } finally {
    await endMasters();
  }
}

async function handOvers(bench: Bench, config: string, first: MasterProcess): Promise<number[]> {
  const times: number[] = [];
  let holder = first;
  for (let round = 0; round < rounds; round++) {
    const next = await joined(bench, config, round % 2 === 0 ? 'blue' : 'green');
    const ended = holder.end('SIGTERM');
    const stopping = await holder.said('stopping');
    times.push(((await next.said('active')) - stopping) / 1000);
    await ended;
    holder = next;
  }
  return times;
}

async function start(bench: Bench, config: string, name: string): Promise<MasterProcess> {
  const master = new MasterProcess(bench.dir, config, name);
  await master.said('active');
  return master;
}

async function joined(bench: Bench, config: string, name: string): Promise<MasterProcess> {
  const master = new MasterProcess(bench.dir, config, name);
  await master.said('joined the cluster');
  return master;
}

const line = (what: string, measured: string, value: number, atMost: number): Result => ({
  ...{ what, measured, value, unit: 's', target: { atMost } },
});
