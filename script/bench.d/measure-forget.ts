import pg from 'pg';
import type { Bench } from './bench.js';
import * as mariadb from './mariadb-databases.js';
import { onCopy as onCopyOf, type MariadbServer } from './mariadb.js';
import { ensureLeftover } from './postgres-databases.js';
import { bbctl, runMeasured, run, type Command } from './process.js';
import { grouped, type Line, type Result, type Target } from './report.js';
import { secondsNow } from './stamp.js';

const indexes = 'CREATE INDEX bbctl_buildsets_parent_buildid ON buildsets (parent_buildid)';

/** A builder with so many builds of 5 steps is forgotten, against the deletion of its row, which cascades. */
export async function* forget(bench: Bench): AsyncGenerator<Result> {
  const { scale } = bench.settings;
  const postgres = onPostgres(bench);
  yield* compare(bench, postgres, Math.round(200_000 * scale), 'with an index', indexes, { atLeast: 0.8 });
  yield* compare(bench, postgres, Math.round(2000 * scale), 'without an index', '', {});
}

export async function* forgetInnodb(bench: Bench): AsyncGenerator<Result> {
  const { scale } = bench.settings;
  yield* compare(bench, onInnodb(bench), Math.round(200_000 * scale), 'with its indexes', '', { atLeast: 0.8 });
}

async function* compare(
  bench: Bench,
  servers: Servers,
  builds: number,
  how: string,
  prepare: string,
  target: Target,
): AsyncGenerator<Result> {
  const what = `builders forget, ${servers.name}, ${grouped(builds)} builds, ${grouped(5 * builds)} steps, ${how}`;
  const on = (work: (copy: Copy, session: Session) => Promise<unknown>): Promise<Measured> =>
    servers.on(builds, prepare, async (copy) => {
      const session = await copy.connect();
      return measured(session, copy, () => work(copy, session), servers.settle?.bind(servers)).finally(() => session.end());
    });
  const one = await on((_copy, session) => session.query('DELETE FROM builders WHERE id = 1'));
  let peakMb = NaN;
  let rows: Rows = {};
  const ours = await on(async (copy) => {
    rows = rowsOf((await run(command(bench, copy, '--json'))).stdout);
  });
  await on(async (copy) => {
    ({ peakMb } = await runMeasured(bench.dir, command(bench, copy)));
  });
  // Where the server clears rows away later, one DELETE leaves all of that behind, and bbctl next to nothing.
  const rate = `${what}: rows per second, bbctl / one DELETE`;
  yield perSecond(rate, rows, ours.ms, one.ms, servers.settle ? {} : target);
  if (servers.settle) yield perSecond('the same, until the server has cleared the rows away', rows, ours.settledMs, one.settledMs, target); // prettier-ignore
  yield wait(`${what}: longest wait of a heartbeat`, ours.longestMs, { atMost: 100 });
  yield wait('the same, of one DELETE', one.longestMs, {});
  yield { what: `${what}: peak memory`, measured: '', value: peakMb, unit: 'MB', target: { atMost: 200 } };
  const file = `${bench.dir}/forget-${Date.now()}.jsonl.gz`;
  const archived = await on((copy) => run(command(bench, copy, `--archive=${file}`)));
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

function command(bench: Bench, copy: Copy, ...more: string[]): Command {
  const args = ['builders', 'forget', 'builder-1', '--force', '--confirm=builder-1', ...more];
  return bbctl(bench.dir, [...args, '--db', copy.url]);
}

const wait = (what: string, ms: number, target: Target): Line => ({ what, measured: `${ms.toFixed(1)} ms`, value: ms, unit: '', target }); // prettier-ignore

interface Measured {
  readonly ms: number;
  readonly longestMs: number;
  /** Until the rows are cleared away, too. */
  readonly settledMs: number;
}

/** Databases of a kind in which builder-1 is left over. */
interface Servers {
  readonly name: string;
  /** On a copy, which is gone afterwards. */
  on<T>(builds: number, prepare: string, work: (copy: Copy) => Promise<T>): Promise<T>;
  /** The server may clear deleted rows away after it has answered: returns when it has. */
  readonly settle?: (session: Session) => Promise<void>;
}

interface Copy {
  readonly url: string;
  connect(): Promise<Session>;
}

interface Session {
  /** The first column of the first row, if there is one. */
  query(sql: string): Promise<unknown>;
  end(): Promise<void>;
}

function onPostgres(bench: Bench): Servers {
  const on: Servers['on'] = async (builds, prepare, work) => {
    const server = await bench.postgres();
    const copy = 'leftover_copy';
    await server.copy(await ensureLeftover(server, bench.settings.scale, builds), copy);
    try {
      if (prepare) await server.run(copy, prepare);
      return await work({ url: server.url(copy), connect: () => postgresSession(server.url(copy)) });
    } finally {
      await server.drop(copy);
    }
  };
  return { name: 'PostgreSQL', on };
}

async function postgresSession(url: string): Promise<Session> {
  const client = new pg.Client(url);
  await client.connect();
  return {
    query: async (sql) => Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0],
    end: () => client.end(),
  };
}

/** There each foreign key has an index. */
function onInnodb(bench: Bench): Servers {
  const on: Servers['on'] = async (builds, _prepare, work) => {
    const folder = await mariadb.ensureLeftover(bench.dir, bench.settings.scale, builds);
    return onCopyOf(folder, (server) => work({ url: server.url, connect: () => innodbSession(server) }));
  };
  return { name: 'InnoDB', on, settle: purged };
}

async function purged(session: Session): Promise<void> {
  const left = `SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'Innodb_history_list_length'`;
  while (Number(await session.query(left)) > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function innodbSession(server: MariadbServer): Promise<Session> {
  const connection = await server.connect();
  return {
    query: async (sql) => {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? Object.values((rows[0] as Record<string, unknown> | undefined) ?? {})[0] : undefined;
    },
    end: () => connection.end(),
  };
}

interface Measured {
  readonly ms: number;
  readonly longestMs: number;
}

async function measured(
  session: Session,
  copy: Copy,
  work: () => Promise<unknown>,
  settle: Servers['settle'],
): Promise<Measured> {
  await session.query(`UPDATE masters SET last_active = ${secondsNow()}`);
  await settle?.(session);
  const hearts = await startHeart(copy);
  const started = performance.now();
  await work();
  const ms = performance.now() - started;
  const longestMs = await hearts.stop();
  await settle?.(session);
  const settledMs = performance.now() - started;
  const left = Number(await session.query('SELECT count(*) AS n FROM builds WHERE builderid = 1'));
  if (left !== 0) throw new Error(`${left} builds are left`);
  return { ms, longestMs, settledMs };
}

/** A heartbeat of every master, again and again, as long as it is measured. */
async function startHeart(copy: Copy): Promise<{ stop(): Promise<number> }> {
  const session = await copy.connect();
  let [isOn, longest] = [true, 0];
  const beating = (async () => {
    for (let master = 1; isOn; master = 1 + (master % 20)) {
      const started = performance.now();
      await session.query(`UPDATE masters SET last_active = ${secondsNow()} WHERE id = ${master}`);
      longest = Math.max(longest, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    stop: async () => {
      isOn = false;
      await beating;
      await session.end();
      return longest;
    },
  };
}
