import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.js';
import { crashSizesAt } from './crash.js';
import * as postgresDatabases from './postgres-databases.js';
import type { PostgresServer } from './postgres.js';
import { bbctl, medians, run, runMeasured, type Command } from './process.js';
import { grouped, memory, ratio, type Result } from './report.js';
import * as sqliteDatabases from './sqlite-databases.js';

const rounds = 15;
const bigTables = ['builds', 'steps', 'logs', 'logchunks'];
const big = bigTables.join(', ');

export async function* statusOnPostgres(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  const database = await bench.bigPostgres();
  const onEmpty = status(bench, server.url(await bench.emptyPostgres()));
  const onBig = status(bench, server.url(database));
  yield* compare(bench, 'PostgreSQL', onEmpty, onBig, () => postgresDatabases.beat(server, database));
  yield* touched(bench, server, database, 'PostgreSQL', 1000);
  yield* touchedAfterCrash(bench, server);
}

/** The builds of the dead master are looked at for signs of life, those of the others are not. */
async function* touchedAfterCrash(bench: Bench, server: PostgresServer): AsyncGenerator<Result> {
  const crashed = await bench.crashedPostgres();
  const onEmpty = status(bench, server.url(await bench.emptyPostgres()));
  const onCrashed = status(bench, server.url(crashed));
  await postgresDatabases.beat(server, crashed, { dead: true });
  const [emptyMs = NaN, crashedMs = NaN] = await medians([onEmpty, onCrashed], rounds);
  const { requests, builds } = crashSizesAt(bench.settings.scale);
  const left = `${grouped(requests)} claimed requests and ${grouped(builds)} open builds`;
  yield ratio(`bbctl status, PostgreSQL, after a crash with ${left} / none`, crashedMs, emptyMs, {});
  yield* touched(bench, server, crashed, 'after a crash', Math.max(20_000, 250_000 * bench.settings.scale));
}

export async function* statusOnSqlite(bench: Bench): AsyncGenerator<Result> {
  const file = await bench.bigSqlite();
  const onEmpty = status(bench, sqliteDatabases.sqliteUrl(await bench.emptySqlite()));
  const onBig = status(bench, sqliteDatabases.sqliteUrl(file));
  yield* compare(bench, 'SQLite', onEmpty, onBig, () => Promise.resolve(sqliteDatabases.beat(file)));
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
  yield ratio(`bbctl status, ${engine}, ${builds} builds / none`, bigMs, emptyMs, { atMost: 1.5 });
  await beat();
  yield memory(`bbctl status, ${engine}`, (await runMeasured(bench.dir, onBig)).peakMb);
}

/** Counted by the server itself, so it holds for every statement that was sent, whatever EXPLAIN would say of it. */
async function* touched(
  bench: Bench,
  server: PostgresServer,
  database: string,
  where: string,
  atMostRows: number,
): AsyncGenerator<Result> {
  const before = await countTouched(server, database);
  await run(status(bench, server.url(database)));
  // A connection that was closed is counted only when the server has noticed.
  await sleep(500);
  const after = await countTouched(server, database);
  const what = `bbctl status, ${where}`;
  const counted = { measured: '', unit: '' } as const;
  yield { ...counted, what: `${what}: scans of ${big}`, value: after.scans - before.scans, target: { atMost: 0 } };
  // An index read from end to end is no better than a scan, and is not counted as one.
  yield {
    ...counted,
    what: `${what}: rows read of them`,
    value: after.rows - before.rows,
    target: { atMost: atMostRows },
  };
}

function countTouched(server: PostgresServer, database: string): Promise<{ scans: number; rows: number }> {
  return server.with(database, async (client) => {
    const counted = await client.query<{ scans: string; rows: string }>(
      `SELECT sum(seq_scan) AS scans, sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) AS rows
       FROM pg_stat_user_tables WHERE relname = ANY ($1)`,
      [bigTables],
    );
    return { scans: Number(counted.rows[0]?.scans), rows: Number(counted.rows[0]?.rows) };
  });
}
