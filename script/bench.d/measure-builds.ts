import { spawn } from 'node:child_process';
import type { Bench } from './bench.js';
import { buildAll, prepareBuilders, startBuilding } from './builds.js';
import { Crew } from './crew.js';
import { endMasters } from './master-process.js';
import type { PostgresServer } from './postgres.js';
import type { Result } from './report.js';
import { onServers, type Place } from './servers.js';

const slots = 20;
const names = ['m1', 'm2', 'm3', 'm4'];
const queues = ['graphile-worker', 'pg-boss'] as const;

/** Builds of one step that does nothing, and jobs that do nothing on the same server. */
export async function* builds(bench: Bench): AsyncGenerator<Result> {
  const starts = await processStarts(Math.round(2000 * bench.settings.scale));
  yield line(`starts of \`true\` by node, ${slots} at a time`, starts, '');
  yield* onServers(bench, 'builds', (place) => onServer(bench, place));
  const server = await bench.postgres();
  for (const queue of queues) for (const crew of [1, 4]) yield await jobs(bench, server, queue, crew);
}

async function* onServer(bench: Bench, { engine, url }: Place): AsyncGenerator<Result> {
  const config = await prepareBuilders(bench.dir, url, slots, '{shell: ["true"]}');
  const count = Math.round(2000 * bench.settings.scale);
  try {
    for (const crew of [1, 4]) {
      const masters = await startBuilding(bench.dir, { url, config }, names.slice(0, crew));
      await buildAll(url, masters, 100 * crew);
      const rate = await buildAll(url, masters, count);
      yield line(`builds of one step \`true\`: ${of(crew, 'master')}, ${engine}`, rate, `${count} builds, ${slots} slots`);
      await Promise.all(masters.map((master) => master.end('SIGTERM')));
    }
  } finally {
    await endMasters();
  }
} // prettier-ignore

async function jobs(bench: Bench, server: PostgresServer, queue: string, crew: number): Promise<Result> {
  await server.drop('jobs');
  await server.run('postgres', 'CREATE DATABASE jobs');
  const count = Math.round(10_000 * bench.settings.scale);
  const args = Array.from({ length: crew }, () => [queue, 'work', server.url('jobs'), `${slots}`]);
  const adding = await Crew.start('queue-member.js', [[queue, 'add', server.url('jobs'), `${count}`]]);
  adding.go();
  await adding.perSecond(1);
  await adding.end();
  await server.run('jobs', 'VACUUM ANALYZE');
  const working = await Crew.start('queue-member.js', args);
  try {
    working.go();
    const rate = await working.perSecond(count);
    return line(`${queue}, jobs that do nothing: ${of(crew, 'process')}, PostgreSQL`, rate, `${count} jobs, ${slots} at a time`); // prettier-ignore
  } finally {
    await working.end();
  }
}

const of = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : what.endsWith('s') ? 'es' : 's'}`; // prettier-ignore

const line = (what: string, value: number, measured: string): Result => ({
  ...{ what, measured, value, unit: '/s', target: {} },
});

/** What a build cannot do without: a process, here without any output that is read. */
async function processStarts(count: number): Promise<number> {
  let left = count;
  const one = (): Promise<void> => new Promise((resolve) => spawn('true', { stdio: 'pipe', detached: true }).once('close', () => resolve())); // prettier-ignore
  const lane = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: slots }, lane));
  return count / ((performance.now() - began) / 1000);
}
