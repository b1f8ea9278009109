import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openBare, withBare, type Bare } from './bare.js';
import type { Bench } from './bench.js';
import { buildAll, prepareBuilders, startBuilding } from './builds.js';
import { endMasters, type MasterProcess } from './master-process.js';
import { memory, type Result } from './report.js';
import { onServers, type Place } from './servers.js';

const fileMb = 4;

/** A step that prints as fast as it can, beside its chunks as they are, written by the bare driver. */
export function logs(bench: Bench): AsyncGenerator<Result> {
  return onServers(bench, 'logs', (place) => onServer(bench, place));
}

async function* onServer(bench: Bench, { engine, url }: Place): AsyncGenerator<Result> {
  const times = Math.max(1, Math.round((500 * bench.settings.scale) / fileMb));
  const megabytes = times * fileMb;
  const printed = writeOutput(bench.dir);
  const step = `{shell: ["/bin/sh", "-c", "for i in $(seq ${times}); do cat ${printed}; done"]}`;
  const config = await prepareBuilders(bench.dir, url, 1, step);
  try {
    const [master] = await startBuilding(bench.dir, { url, config }, ['m1']);
    if (!master) return;
    const own = megabytes * (await buildAll(url, [master], 1));
    const bare = megabytes / (await withBare(url, (one) => writeAgain(one, url)));
    const measured = `${own.toFixed(1)} / ${bare.toFixed(1)} MB/s`;
    const what = `a step that prints ${megabytes} MB, ${engine}`;
    yield { what: `${what} / its chunks by the bare driver`, measured, value: own / bare, unit: 'x', target: {} };
    yield memory(what, peakMb(master));
    await master.end('SIGTERM');
  } finally {
    await endMasters();
  }
}

/** Lines as a compiler or a test suite prints them: half as regular as source code. */
function writeOutput(dir: string): string {
  const file = join(dir, 'output.txt');
  const words = [
    'compiling',
    'src/lib/runtime',
    'passed',
    'test',
    'warning:',
    'unused',
    'variable',
    'in',
    'module',
    'ok',
    '✔',
  ];
  let seed = 1;
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  const line = (): string => `[${next() % 100_000}] ${Array.from({ length: 4 + (next() % 10) }, () => words[next() % words.length] ?? '').join(' ')} ${next().toString(36)}\n`; // prettier-ignore
  const output = openSync(file, 'w');
  for (let written = 0; written < fileMb * 1_000_000;) written += writeSync(output, line());
  closeSync(output);
  return file;
}

/** All chunks into a table like theirs, one after the other, each in a transaction of its own; returns seconds. */
async function writeAgain(bare: Bare, url: string): Promise<number> {
  const isPostgres = url.startsWith('postgresql:');
  await bare.query(`CREATE TABLE again ${isPostgres ? '(LIKE logchunks INCLUDING ALL)' : 'LIKE logchunks'}`);
  const marks = isPostgres ? '$1, $2, $3, $4, $5' : '?, ?, ?, ?, ?';
  const insert = `INSERT INTO again (logid, first_line, last_line, content, compressed) VALUES (${marks})`;
  const writer = await openBare(url);
  let ms = 0;
  for await (const chunks of pages(bare)) {
    const began = performance.now();
    for (const chunk of chunks) await writer.query(insert, ['logid', 'first_line', 'last_line', 'content', 'compressed'].map((column) => chunk[column])); // prettier-ignore
    ms += performance.now() - began;
  }
  await writer.end();
  return ms / 1000;
}

async function* pages(bare: Bare): AsyncGenerator<Record<string, unknown>[]> {
  for (let line = 0; ;) {
    const chunks = await bare.query(
      `SELECT * FROM logchunks WHERE first_line >= ${line} ORDER BY first_line LIMIT 200`,
    );
    if (chunks.length === 0) return;
    yield chunks;
    line = Number(chunks.at(-1)?.['last_line']) + 1;
  }
}

function peakMb({ pid }: MasterProcess): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
