import type { Bench } from './bench.js';
import * as postgresDatabases from './postgres-databases.js';
import { bbctl, medians, runMeasured, type Command } from './process.js';
import { memory, ratio, type Result } from './report.js';
import * as sqliteDatabases from './sqlite-databases.js';

const rounds = 15;

/** What runs every minute, against what a person runs now and then. */
export async function* health(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  const database = await bench.bigPostgres();
  yield* compare(bench, 'PostgreSQL', server.url(database), () => postgresDatabases.beat(server, database));
  const file = await bench.bigSqlite();
  const beat = () => Promise.resolve(sqliteDatabases.beat(file));
  yield* compare(bench, 'SQLite', sqliteDatabases.sqliteUrl(file), beat);
}

async function* compare(bench: Bench, engine: string, url: string, beat: () => Promise<void>): AsyncGenerator<Result> {
  const status = bbctl(bench.dir, ['status', '--db', url]);
  const [statusMs = NaN, healthMs = NaN] = await medians([status, look(bench, url)], rounds, beat);
  const what = `bbctl health, ${engine}, ${Math.round(1_000_000 * bench.settings.scale).toLocaleString('en')} builds`;
  yield ratio(`${what} / bbctl status`, healthMs, statusMs, { atMost: 2 });
  await beat();
  yield memory(what, (await runMeasured(bench.dir, look(bench, url))).peakMb);
}

/** Whatever it finds, it has looked: only UNKNOWN is a failure. */
function look(bench: Bench, url: string): Command {
  return { ...bbctl(bench.dir, ['health', '--db', url]), accepts: [0, 1, 2] };
}
