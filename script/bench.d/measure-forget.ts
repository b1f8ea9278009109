import pg from 'pg';
import type { Bench } from './bench.js';
import { beat, ensureLeftover } from './postgres-databases.js';
import type { PostgresServer } from './postgres.js';
import { bbctl, runMeasured, run, type Command } from './process.js';
import { grouped, type Line, type Result, type Target } from './report.js';

const indexes = 'CREATE INDEX bbctl_buildsets_parent_buildid ON buildsets (parent_buildid)';

/** A builder with so many builds of 5 steps is forgotten, against the deletion of its row, which cascades. */
export async function* forget(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  const { scale } = bench.settings;
  yield* compare(bench, server, Math.round(200_000 * scale), 'with an index', indexes, { atLeast: 0.8 });
  yield* compare(bench, server, Math.round(2000 * scale), 'without an index', '', {});
}

async function* compare(
  bench: Bench,
  server: PostgresServer,
  builds: number,
  how: string,
  prepare: string,
  target: Target,
): AsyncGenerator<Result> {
  const what = `builders forget, ${grouped(builds)} builds, ${grouped(5 * builds)} steps, ${how}`;
  const one = await onCopy(bench, server, builds, prepare, (copy) => server.run(copy, 'DELETE FROM builders WHERE id = 1'));
  let peakMb = NaN;
  let rows: Rows = {};
  const ours = await onCopy(bench, server, builds, prepare, async (copy) => {
    rows = rowsOf((await run(command(bench, server, copy, '--json'))).stdout);
  });
  await onCopy(bench, server, builds, prepare, async (copy) => {
    ({ peakMb } = await runMeasured(bench.dir, command(bench, server, copy)));
  });
  yield perSecond(`${what}: rows per second, bbctl / one DELETE`, rows, ours.ms, one.ms, target);
  yield wait(`${what}: longest wait of a heartbeat`, ours.longestMs, { atMost: 100 });
  yield wait('the same, of one DELETE', one.longestMs, {});
  yield { what: `${what}: peak memory`, measured: '', value: peakMb, unit: 'MB', target: { atMost: 200 } };
  const file = `${bench.dir}/forget-${Date.now()}.jsonl.gz`;
  const archived = await onCopy(bench, server, builds, prepare, (copy) => run(command(bench, server, copy, `--archive=${file}`)));
  yield perSecond(`the same, archived first`, rows, archived.ms, one.ms, {});
} // prettier-ignore

type Rows = Record<string, number>;

function rowsOf(stdout: string): Rows {
  const totals: Rows = {};
  const { results } = JSON.parse(stdout) as { results: { rows: Rows }[] };
  for (const { rows } of results) for (const [table, count] of Object.entries(rows)) totals[table] = (totals[table] ?? 0) + count; // prettier-ignore
  return totals;
}

/** What cascades leaves the buildsets. */
function perSecond(what: string, rows: Rows, ms: number, oneMs: number, target: Target): Line {
  const count = (of: [string, number][]): number => of.reduce((sum, [, number]) => sum + number, 0);
  const [all, cascaded] = [Object.entries(rows), Object.entries(rows).filter(([table]) => !table.startsWith('buildset'))]; // prettier-ignore
  const [rate, oneRate] = [count(all) / (ms / 1000), count(cascaded) / (oneMs / 1000)];
  const measured = `${grouped(rate)} / ${grouped(oneRate)}`;
  return { what, measured, value: rate / oneRate, unit: 'x', target };
}

function command(bench: Bench, server: PostgresServer, database: string, ...more: string[]): Command {
  const args = ['builders', 'forget', 'builder-1', '--force', '--confirm=builder-1', ...more];
  return bbctl(bench.dir, [...args, '--db', server.url(database)]);
}

const wait = (what: string, ms: number, target: Target): Line => ({ what, measured: `${ms.toFixed(1)} ms`, value: ms, unit: '', target }); // prettier-ignore

interface Measured {
  readonly ms: number;
  readonly longestMs: number;
}

async function onCopy(
  bench: Bench,
  server: PostgresServer,
  builds: number,
  prepare: string,
  work: (copy: string) => Promise<unknown>,
): Promise<Measured> {
  const copy = 'leftover_copy';
  await server.copy(await ensureLeftover(server, bench.settings.scale, builds), copy);
  try {
    if (prepare) await server.run(copy, prepare);
    await beat(server, copy);
    const hearts = await startHeart(server.url(copy));
    const started = performance.now();
    await work(copy);
    const ms = performance.now() - started;
    const longestMs = await hearts.stop();
    await verifyGone(server, copy, builds);
    return { ms, longestMs };
  } finally {
    await server.drop(copy);
  }
}

/** A heartbeat of every master, again and again, as long as it is measured. */
async function startHeart(url: string): Promise<{ stop(): Promise<number> }> {
  const client = new pg.Client(url);
  await client.connect();
  let [isOn, longest] = [true, 0];
  const beating = (async () => {
    for (let master = 1; isOn; master = 1 + (master % 20)) {
      const started = performance.now();
      await client.query('UPDATE masters SET last_active = extract(epoch FROM now())::integer WHERE id = $1', [master]);
      longest = Math.max(longest, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    stop: async () => {
      isOn = false;
      await beating;
      await client.end();
      return longest;
    },
  };
}

async function verifyGone(server: PostgresServer, copy: string, builds: number): Promise<void> {
  const { rows } = await server.with(copy, (client) => client.query<{ left: string }>('SELECT count(*) AS left FROM builds WHERE builderid = 1')); // prettier-ignore
  if (Number(rows[0]?.left) !== 0) throw new Error(`of ${builds} builds ${rows[0]?.left} are left`);
}
