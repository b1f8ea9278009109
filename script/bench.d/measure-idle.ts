import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.js';
import { ensureFolder, onCopy } from './mariadb.js';
import { endMasters, MasterProcess, prepareMasters } from './master-process.js';
import type { Result } from './report.js';

const sizes = [1, 10, 100, 1000];
/** Several heartbeats, and all that is done once a minute. */
const windowSeconds = 60;

/** What a master asks of the database while nothing happens, and how soon it is active. */
export async function* idle(bench: Bench): AsyncGenerator<Result> {
  for (const services of sizes) yield* onPostgres(bench, services);
  const folder = await ensureFolder(bench.dir, 'mariadb_empty', () => Promise.resolve());
  for (const services of sizes) {
    yield* await onCopy(folder, async (server) => {
      const connection = await server.connect();
      const questions = async (): Promise<number> => {
        const [rows] = await connection.query("SHOW GLOBAL STATUS LIKE 'Questions'");
        return Number((rows as { Value: string }[])[0]?.Value);
      };
      const results = await onDatabase(bench, 'MariaDB', server.url, services, questions);
      await connection.end();
      return results;
    });
  }
}

async function* onPostgres(bench: Bench, services: number): AsyncGenerator<Result> {
  const server = await bench.postgres();
  await server.drop('idle');
  await server.run('postgres', 'CREATE DATABASE idle');
  await server.run('postgres', "ALTER DATABASE idle SET log_statement = 'all'");
  const log = join(bench.dir, 'postgres.log');
  const from = statSync(log).size;
  const logged = async (): Promise<number> => {
    let count = 0;
    for await (const line of createInterface(createReadStream(log, { start: from })))
      if (/LOG: {2}(?:statement|execute [^:]*):/.test(line)) count++;
    return count;
  };
  yield* await onDatabase(bench, 'PostgreSQL', server.url('idle'), services, logged);
}

async function onDatabase(
  bench: Bench,
  engine: string,
  url: string,
  services: number,
  statements: () => Promise<number>,
): Promise<Result[]> {
  const config = await prepareMasters(bench.dir, { url, expireAfter: '45s', services });
  try {
    const begun = Date.now();
    const master = new MasterProcess(bench.dir, config, 'blue');
    const active = ((await master.said('active', services)) - begun) / 1000;
    // Each of them fires once.
    await Promise.all(Array.from({ length: services }, (_, i) => master.said(`Scheduler s${i} fired.`)));
    await sleep(5000);
    const before = await statements();
    await sleep(windowSeconds * 1000);
    const perSecond = ((await statements()) - before) / windowSeconds;
    const what = `a master of ${services} builders and schedulers, ${engine}`;
    const target = services === 1 ? { atMost: 2 } : {};
    return [
      { what: `${what}: statements a second when idle`, measured: `in ${windowSeconds} s`, value: perSecond, unit: '/s', target },
      { what: `${what}: start to all active`, measured: '', value: active, unit: 's', target: {} },
    ]; // prettier-ignore
  } finally {
    await endMasters();
  }
}
