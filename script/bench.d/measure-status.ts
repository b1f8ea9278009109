import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.js';
import * as postgresDatabases from './postgres-databases.js';
import type { PostgresServer } from './postgres.js';
import { bbctl, medians, runMeasured, type Command } from './process.js';
import { memory, ratio, type Result } from './report.js';
import * as sqliteDatabases from './sqlite-databases.js';

const rounds = 15;
const neverScanned = ['builds', 'steps', 'logs', 'logchunks'];

export async function* statusOnPostgres(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  const big = await bench.bigPostgres();
  const onEmpty = status(bench, server.url(await bench.emptyPostgres()));
  const onBig = status(bench, server.url(big));
  yield* compare(bench, 'PostgreSQL', onEmpty, onBig, () => postgresDatabases.beat(server, big));
  yield await scans(bench, server, big, onBig);
}

export async function* statusOnSqlite(bench: Bench): AsyncGenerator<Result> {
  const big = await bench.bigSqlite();
  const onEmpty = status(bench, sqliteDatabases.sqliteUrl(await bench.emptySqlite()));
  const onBig = status(bench, sqliteDatabases.sqliteUrl(big));
  yield* compare(bench, 'SQLite', onEmpty, onBig, () => Promise.resolve(sqliteDatabases.beat(big)));
}

const status = (bench: Bench, url: string): Command => bbctl(bench.dir, ['status', '--db', url]);

async function* compare(
  bench: Bench,
  engine: string,
  onEmpty: Command,
  onBig: Command,
  beat: () => Promise<void>,
): AsyncGenerator<Result> {
  const [emptyMs = NaN, bigMs = NaN] = await medians([onEmpty, onBig], rounds, beat);
  const builds = Math.round(1_000_000 * bench.settings.scale).toLocaleString('en');
  yield ratio(`bbctl status, ${engine}, ${builds} builds / none`, bigMs, emptyMs, 1.5);
  await beat();
  yield memory(`bbctl status, ${engine}`, (await runMeasured(bench.dir, onBig)).peakMb);
}

/** Counted by the server itself, so it holds for every statement that was sent, whatever EXPLAIN would say of it. */
async function scans(bench: Bench, server: PostgresServer, database: string, command: Command): Promise<Result> {
  const before = await sequentialScans(server, database);
  await runMeasured(bench.dir, command);
  // A connection that was closed is counted only when the server has noticed.
  await sleep(500);
  const value = (await sequentialScans(server, database)) - before;
  const what = `bbctl status, PostgreSQL: scans of ${neverScanned.join(', ')}`;
  return { what, measured: '', value, unit: '', target: { atMost: 0 } };
}

function sequentialScans(server: PostgresServer, database: string): Promise<number> {
  return server.with(database, async (client) => {
    const counted = await client.query<{ scans: string }>(
      `SELECT sum(seq_scan) AS scans FROM pg_stat_user_tables WHERE relname = ANY ($1)`,
      [neverScanned],
    );
    return Number(counted.rows[0]?.scans);
  });
}
