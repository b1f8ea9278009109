/* Logs are answered as they are read: whatever their size, in constant memory. */
import test from 'ava';
import { deflateSync } from 'node:zlib';
import { databaseFrom, engines, type TestDatabase } from '../../../_helpers/database.js';
import { siteOn } from '../../../_helpers/site.js';

const linesPerChunk = 50;

/** Chunks of lines of which each tells its number; every second one compressed. */
async function addLog(db: TestDatabase, id: number, type: string, chunks: number, width: number): Promise<string[]> {
  const lines = Array.from({ length: chunks * linesPerChunk }, (_, line) => `${type === 's' ? 'o' : ''}${line} ${'ä"\\'.repeat(width)}`); // prettier-ignore
  await db.query(`INSERT INTO logs (id, name, slug, stepid, complete, num_lines, type) VALUES (?, ?, ?, 1, 1, ?, ?)`, [id, `l${id}`, `l${id}`, lines.length, type]); // prettier-ignore
  for (let chunk = 0; chunk < chunks; chunk++) {
    const first = chunk * linesPerChunk;
    const content = Buffer.from(lines.slice(first, first + linesPerChunk).join('\n'));
    const isPacked = chunk % 2 === 1;
    await db.query('INSERT INTO logchunks (logid, first_line, last_line, content, compressed) VALUES (?, ?, ?, ?, ?)', [
      ...[id, first, first + linesPerChunk - 1, isPacked ? deflateSync(content) : content, isPacked ? 1 : 0],
    ]);
  }
  return lines;
}

for (const engine of engines) {
  test(`the lines of a log, with and without their marks, all and some of them, on ${engine}`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/killed');
    t.teardown(() => db.close());
    const lines = await addLog(db, 900, 's', 21, 3);
    const plain = await addLog(db, 901, 't', 1, 1);
    await addLog(db, 902, 's', 0, 0);
    const { get, text } = await siteOn(t, db.url);
    const contentsOf = async (path: string): Promise<unknown> => (await get(path)).body;
    const chunk = (firstline: number, some: readonly string[], logid = 900): object => ({
      logchunks: [{ logid, firstline, content: some.map((line) => `${line}\n`).join('') }],
      meta: {},
    });
    t.deepEqual(await contentsOf('logs/900/contents'), chunk(0, lines));
    t.deepEqual(await contentsOf('steps/1/logs/l900/contents'), chunk(0, lines));
    t.deepEqual(await contentsOf('logchunks?logid=900&offset=49&limit=3'), chunk(49, lines.slice(49, 52)));
    t.deepEqual(await contentsOf('logs/900/contents?offset=640'), chunk(640, lines.slice(640)));
    t.deepEqual(await contentsOf('logs/900/contents?offset=99999'), chunk(99999, []));
    t.deepEqual(await contentsOf('logs/900/contents?limit=0'), chunk(0, []));
    t.deepEqual(await contentsOf('logs/902/contents'), chunk(0, [], 902));
    const raw = await text('logs/900/raw');
    t.is(raw.text, lines.map((line) => `${line.slice(1)}\n`).join(''));
    t.is(raw.headers.get('content-type'), 'text/plain; charset=utf-8');
    t.is(raw.headers.get('content-disposition'), 'attachment; filename="l900.txt"');
    t.is((await text('steps/1/logs/l901/raw')).text, plain.map((line) => `${line}\n`).join(''));
    t.is((await text('logs/902/raw')).text, '');
    for (const path of ['logs/999/raw', 'logs/999/contents', 'steps/1/logs/none/raw', 'logs/900/raw/1']) t.is((await get(path)).status, 404, path);
    t.is((await get('logs/900/contents?order=content')).status, 400);
  }); // prettier-ignore
}

const [engine = 'sqlite'] = engines;

test('of a long log no more is read than is taken', async (t) => {
  const db = await databaseFrom(engine, '3.7.0/killed');
  t.teardown(() => db.close());
  await addLog(db, 900, 's', 60, 20);
  const { site, request } = await siteOn(t, db.url);
  let glances = 0;
  const { reading } = site;
  const glance = reading.glance.bind(reading);
  reading.glance = (work) => (glances++, glance(work));
  const answer = await request('/api/v2/logs/900/raw');
  const reader = answer.body?.getReader();
  await reader?.read();
  t.true(glances <= 4, `${glances} looks for the first piece`);
  await reader?.cancel();
  const seen = glances;
  await new Promise((resolve) => setImmediate(resolve));
  t.is(glances, seen);
  const whole = await (await request('/api/v2/logs/900/raw')).text();
  t.is(whole.split('\n').length, 60 * linesPerChunk + 1);
});
