import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { withBare } from './bare.js';
import type { Bench } from './bench.js';
import { onFolder } from './mariadb.js';
import * as mariadb from './mariadb-databases.js';
import { median } from './process.js';
import { grouped, ratio, type Result } from './report.js';
import type { Statement } from './rest-server.js';
import { sqliteUrl } from './sqlite-databases.js';

const rounds = 100;
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
    for (const query of queries) {
      const ask = () => answer(agent, `http://127.0.0.1:${port}/api/v2/${query}`);
      const [api, bare] = await compare(url, ask, await statementsOf(child, ask));
      yield ratio(`${query}, ${engine}, ${builds} builds / its SQL by the bare driver`, api, bare, { atMost: 3 });
    }
  } finally {
    agent.destroy();
    child.kill('SIGKILL');
  }
}

/** Median times in ms, turn by turn. */
function compare(url: string, ask: () => Promise<string>, statements: Statement[]): Promise<[number, number]> {
  return withBare(url, async (bare) => {
    const times: [number, number][] = [];
    const run = async (): Promise<void> => {
      for (const { sql, bindings } of statements) await bare.query(sql, bindings);
    };
    for (let round = 0; round < rounds; round++) times.push([await timed(ask), await timed(run)]);
    // The first ones warm the caches.
    const warm = times.slice(rounds / 10);
    return [median(warm.map(([api]) => api)), median(warm.map(([, own]) => own))];
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function statementsOf(child: ChildProcess, ask: () => Promise<string>): Promise<Statement[]> {
  const say = async (message: string): Promise<Statement[]> => {
    child.send(message);
    return (await told<{ statements: Statement[] }>(child)).statements;
  };
  await say('listen');
  await ask();
  const statements = await say('tell');
  if (statements.length === 0) throw new Error('it has asked the database nothing');
  return statements;
}

async function told<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the data API ended')));
  return ((await Promise.race([once(child, 'message'), ended])) as [T])[0];
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
