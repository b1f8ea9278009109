import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from './bench.js';
import { masterName } from './cluster-rows.js';
import { crashSizesAt, deadMaster } from './crash.js';
import { beat } from './postgres-databases.js';
import type { PostgresServer } from './postgres.js';
import { bbctl, median, medians, run, runMeasured, type Command } from './process.js';
import { memory, speedUp, type Result } from './report.js';
import { sourceDir } from './settings.js';

const rounds = 3;
const python = '/usr/bin/python3';
const atLeast = 25;

/** What each of the two has to have cleared away, or its time means nothing. */
interface Leftovers {
  builds: number;
  steps: number;
  logs: number;
  claims: number;
}

export async function* expire(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  const startUpMs = await measureStartUp(bench, server);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await expireOnCopy(bench, server, run));
  const ms = median(times);
  const { requests, builds } = crashSizesAt(bench.settings.scale);
  const what = `bbctl masters expire, ${requests} requests, ${builds} builds: Buildbot's time / bbctl's`;
  const buildbot = await timeBuildbot(bench, server);
  if (buildbot === undefined) yield { what, skipped: 'Buildbot is not installed (Debian: buildbot, python3-psycopg2)' };
  else {
    yield speedUp(what, ms, buildbot, atLeast);
    yield speedUp(`${what}, less start-up`, ms - startUpMs, buildbot, atLeast);
  }
  let peakMb = NaN;
  await expireOnCopy(bench, server, async (command) => {
    const measured = await runMeasured(bench.dir, command);
    peakMb = measured.peakMb;
    return measured;
  });
  yield memory('bbctl masters expire', peakMb);
}

/** The same command where there is nothing to do. */
async function measureStartUp(bench: Bench, server: PostgresServer): Promise<number> {
  const idle = bbctl(bench.dir, ['masters', 'expire', '--yes', '--db', server.url(await bench.emptyPostgres())]);
  const [ms = NaN] = await medians([idle], 5);
  return ms;
}

async function expireOnCopy(
  bench: Bench,
  server: PostgresServer,
  runIt: (command: Command) => Promise<{ ms: number }>,
): Promise<number> {
  return onCopy(bench, server, async (database) => {
    const args = ['masters', 'expire', masterName(deadMaster), '--yes', '--db', server.url(database)];
    const { ms } = await runIt(bbctl(bench.dir, args));
    verifyCleared(await leftovers(server, database), ['builds', 'steps', 'logs', 'claims']);
    return ms;
  });
}

async function timeBuildbot(bench: Bench, server: PostgresServer): Promise<number | undefined> {
  if (!(await hasBuildbot())) return undefined;
  return onCopy(bench, server, async (database) => {
    const basedir = join(bench.dir, 'buildbot');
    mkdirSync(basedir, { recursive: true });
    const { stdout } = await run(plainPython([join(sourceDir, 'housekeeping.py'), server.url(database), basedir]));
    // Buildbot leaves the claims of a dead master where they are.
    verifyCleared(await leftovers(server, database), ['builds', 'steps', 'logs']);
    const { version, seconds } = JSON.parse(stdout) as { version: string; seconds: number };
    bench.say(`Buildbot ${version}: ${seconds.toFixed(1)} s`);
    return seconds * 1000;
  });
}

async function hasBuildbot(): Promise<boolean> {
  if (!existsSync(python)) return false;
  return run(plainPython(['-c', 'import buildbot, psycopg2'])).then(
    () => true,
    () => false,
  );
}

/** Another Python first on PATH, or its variables, would break Debian's. */
function plainPython(args: string[]): Command {
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };
  return { program: python, args, env, accepts: [0] };
}

async function onCopy<T>(bench: Bench, server: PostgresServer, work: (database: string) => Promise<T>): Promise<T> {
  const copy = 'crashed_copy';
  await server.copy(await bench.crashedPostgres(), copy);
  try {
    await beat(server, copy, { dead: true });
    // The copy is written to disk before the measurement, not during it.
    await promisify(execFile)('sync');
    return await work(copy);
  } finally {
    await server.drop(copy);
  }
}

async function leftovers(server: PostgresServer, database: string): Promise<Leftovers> {
  const open = `builds b WHERE b.masterid = ${deadMaster}`;
  const steps = `steps s JOIN builds b ON b.id = s.buildid WHERE b.masterid = ${deadMaster}`;
  const sql = `SELECT
    (SELECT count(*)::integer FROM ${open} AND b.complete_at IS NULL) AS builds,
    (SELECT count(*)::integer FROM ${steps} AND s.complete_at IS NULL) AS steps,
    (SELECT count(*)::integer FROM logs l JOIN ${steps.replace('WHERE', 'ON s.id = l.stepid WHERE')} AND l.complete = 0) AS logs,
    (SELECT count(*)::integer FROM buildrequest_claims c JOIN buildrequests r ON r.id = c.brid
      WHERE c.masterid = ${deadMaster} AND r.complete = 0) AS claims`;
  const { rows } = await server.with(database, (client) => client.query<Leftovers>(sql));
  if (!rows[0]) throw new Error('no count of what is left');
  return rows[0];
}

function verifyCleared(left: Leftovers, expected: (keyof Leftovers)[]): void {
  const remaining = expected.filter((what) => left[what] !== 0);
  if (remaining.length > 0)
    throw new Error(`left behind: ${remaining.map((what) => `${left[what]} ${what}`).join(', ')}`);
}
