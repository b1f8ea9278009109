import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench } from './bench.js';
import { masterName } from './cluster-rows.js';
import { crashSizesAt, deadMaster, stepsPerBuild } from './crash.js';
import { beat } from './postgres-databases.js';
import type { PostgresServer } from './postgres.js';
import { bbctl, median, medians, run, runMeasured, type Command } from './process.js';
import { grouped, memory, speedUp, type Result, type Target } from './report.js';
import { sourceDir } from './settings.js';

const rounds = 3;
const python = '/usr/bin/python3';

/** What each of the two has to have cleared away, or its time means nothing. */
interface Leftovers {
  builds: number;
  steps: number;
  logs: number;
  claims: number;
}

interface Crash {
  /** What the dead master leaves. */
  what: string;
  /** Makes it of the crashed database; nothing to do where that is it. */
  prepare: string;
  target: Target;
}

function crashesAt(scale: number): Crash[] {
  const { requests, builds, steps } = crashSizesAt(scale);
  const left = `${grouped(requests)} requests, ${grouped(builds)} builds`;
  return [
    { what: `${left}, ${grouped(steps)} open steps, a log each`, prepare: '', target: { atLeast: 25 } },
    { what: `${left}, one open step each, with its log`, prepare: oneStepEach, target: {} },
  ];
}

/** A build that runs one step after the other, as most do, leaves one open. Without a target: none was set for it. */
const oneStepEach = `
  UPDATE logs SET complete = 1 WHERE complete = 0 AND stepid IN (SELECT s.id FROM steps s JOIN builds b ON b.id = s.buildid
    WHERE b.masterid = ${deadMaster} AND b.complete_at IS NULL AND s.number < ${stepsPerBuild - 1});
  UPDATE steps SET complete_at = started_at + 1, results = 0 WHERE number < ${stepsPerBuild - 1} AND complete_at IS NULL
    AND buildid IN (SELECT id FROM builds WHERE masterid = ${deadMaster} AND complete_at IS NULL);
  VACUUM ANALYZE steps; VACUUM ANALYZE logs`;

export async function* expire(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  const crashes = crashesAt(bench.settings.scale);
  for (const crash of crashes) yield* compare(bench, server, crash);
  let peakMb = NaN;
  await expireOnCopy(bench, server, crashes[0], async (command) => {
    const measured = await runMeasured(bench.dir, command);
    peakMb = measured.peakMb;
    return measured;
  });
  yield memory('bbctl masters expire', peakMb);
}

/** Buildbot's is its housekeeping alone, in a master that has started; bbctl's is the whole command, and without its start. */
async function* compare(bench: Bench, server: PostgresServer, crash: Crash): AsyncGenerator<Result> {
  const what = `masters expire, ${crash.what}: Buildbot / bbctl`;
  const startUpMs = await measureStartUp(bench, server);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await expireOnCopy(bench, server, crash, run));
  const ms = median(times);
  const buildbot = await timeBuildbot(bench, server, crash);
  if (buildbot === undefined) yield { what, skipped: 'Buildbot is not installed (Debian: buildbot, python3-psycopg2)' };
  else {
    yield speedUp(what, ms, buildbot, crash.target);
    yield speedUp('the same, bbctl without its start-up', ms - startUpMs, buildbot, crash.target);
  }
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
  crash: Crash | undefined,
  runIt: (command: Command) => Promise<{ ms: number }>,
): Promise<number> {
  return onCopy(bench, server, crash, async (database) => {
    const args = ['masters', 'expire', masterName(deadMaster), '--yes', '--db', server.url(database)];
    const { ms } = await runIt(bbctl(bench.dir, args));
    verifyCleared(await leftovers(server, database), ['builds', 'steps', 'logs', 'claims']);
    return ms;
  });
}

async function timeBuildbot(bench: Bench, server: PostgresServer, crash: Crash): Promise<number | undefined> {
  if (!(await hasBuildbot())) return undefined;
  return onCopy(bench, server, crash, async (database) => {
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

async function onCopy<T>(
  bench: Bench,
  server: PostgresServer,
  crash: Crash | undefined,
  work: (database: string) => Promise<T>,
): Promise<T> {
  const copy = 'crashed_copy';
  await server.copy(await bench.crashedPostgres(), copy);
  try {
    // One by one: VACUUM cannot run in the transaction that several at once would be.
    for (const statement of (crash?.prepare ?? '').split(';').filter(Boolean)) await server.run(copy, statement);
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
