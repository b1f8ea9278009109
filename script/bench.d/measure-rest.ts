import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { withBare } from './bare.js';
import type { Bench } from './bench.js';
import { onFolder } from './mariadb.js';
import * as mariadb from './mariadb-databases.js';
import { grouped, ratio, type Result } from './report.js';
import type { Statement } from './rest-server.js';
import { sqliteUrl } from './sqlite-databases.js';

/** What is asked so often before is compiled by then: masters run for long. */
const warmUps = 1000;
const rounds = 200;
const queries = [
  'builds?limit=50',
  'builds?limit=50&order=-buildid',
  'builds?limit=50&order=-buildid&builderid=11&results=2',
];

/** What the data API adds to the statements that it sends: reading what is asked for, rows into JSON, HTTP. */
export async function* rest(bench: Bench): AsyncGenerator<Result> {
  const server = await bench.postgres();
  yield* onDatabase(bench, 'PostgreSQL', server.url(await bench.bigPostgres()));
  yield* onDatabase(bench, 'SQLite', sqliteUrl(await bench.bigSqlite()));
  const folder = await mariadb.ensureBig(bench.dir, bench.settings.scale);
  yield* await onFolder(folder, async ({ url }) => {
    const results: Result[] = [];
    for await (const result of onDatabase(bench, 'MariaDB', url)) results.push(result);
    return results;
  });
}

async function* onDatabase(bench: Bench, engine: string, url: string): AsyncGenerator<Result> {
  const child = fork(join(import.meta.dirname, 'rest-server.js'), [url]);
  const agent = new Agent({ keepAlive: true });
  try {
    const { port } = await told<{ port: number }>(child);
    const builds = grouped(1_000_000 * bench.settings.scale);
    for (let i = 0; i < warmUps; i++)
      await answer(agent, `http://127.0.0.1:${port}/api/v2/builds?limit=50&order=-buildid`);
    for (const query of queries) {
      const ask = () => answer(agent, `http://127.0.0.1:${port}/api/v2/${query}`);
      const later = () => say(child, 'later');
      await later();
      const [first, again] = [await statementsOf(child, ask), await statementsOf(child, ask)];
      const [api, bare] = await compare(url, { ask, before: later }, first);
      yield ratio(`${query}, ${engine}, ${builds} builds / its SQL by the bare driver`, api, bare, { atMost: 3 });
      if (again.length === first.length) continue;
      const [page, barePage] = await compare(url, { ask, before: () => Promise.resolve() }, again);
      yield ratio('the same again within a minute, not counted anew / its SQL', page, barePage, {});
    }
  } finally {
    agent.destroy();
    child.kill('SIGKILL');
  }
}

/**
 * Times in ms, turn by turn: what nine of ten take longer than. On a busy machine the others are woken late, and only those
 * that need another process.
 */
function compare(
  url: string,
  { ask, before }: { ask: () => Promise<string>; before: () => Promise<unknown> },
  statements: Statement[],
): Promise<[number, number]> {
  return withBare(url, async (bare) => {
    const times: [number, number][] = [];
    const run = async (): Promise<void> => {
      for (const { sql, bindings } of statements) await bare.query(sql, bindings);
    };
    for (let round = 0; round < rounds; round++) {
      await before();
      times.push([await timed(ask), await timed(run)]);
    }
    // The first ones warm the caches of this query.
    const warm = times.slice(rounds / 4);
    return [quick(warm.map(([api]) => api)), quick(warm.map(([, own]) => own))];
  });
}

function quick(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 10)] ?? NaN;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function statementsOf(child: ChildProcess, ask: () => Promise<string>): Promise<Statement[]> {
  await say(child, 'listen');
  await ask();
  const statements = await say(child, 'tell');
  if (statements.length === 0) throw new Error('it has asked the database nothing');
  return statements;
}

async function say(child: ChildProcess, message: string): Promise<Statement[]> {
  child.send(message);
  return (await told<{ statements: Statement[] }>(child)).statements;
}

async function told<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const ended = once(child, 'exit', { signal: over.signal }).then(() =>
    Promise.reject(new Error('the data API ended')),
  );
  try {
    return ((await Promise.race([once(child, 'message', { signal: over.signal }), ended])) as [T])[0];
  } finally {
    ended.catch(() => {});
    over.abort();
  }
}

function answer(agent: Agent, url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${text}`))));
    }).once('error', reject);
  });
}
