// Logs: those that Buildbot has written are read, those of bbctl are as Buildbot writes them, and nothing is written twice.
import test, { type ExecutionContext } from 'ava';
import { brotliCompressSync, deflateSync } from 'node:zlib';
import { appendChunk, finishLog, logTables, readLines } from '../../../src/lib/db/log-chunks.js';
import type { Database, Transaction } from '../../../src/lib/db/connect.js';
import type { LogChunk } from '../../../src/lib/model/log-chunk.js';
import { databaseFrom, engines, type TestDatabase } from '../../_helpers/database.js';
import { openFor, write } from '../../_helpers/service-context.js';

interface Stage {
  readonly db: TestDatabase;
  readonly database: Database;
  /** Of an empty log. */
  readonly id: number;
  readonly work: <T>(work: (tx: Transaction) => Promise<T>) => Promise<T>;
}

async function stage(t: ExecutionContext, engine: (typeof engines)[number], fixture = '3.7.0/killed'): Promise<Stage> {
  const db = await databaseFrom(engine, fixture);
  t.teardown(() => db.close());
  const database = await openFor(t, db);
  const [row] = await db.query('SELECT min(id) AS id FROM logs');
  const id = Number(row?.['id']);
  return { db, database, id, work: (work) => write(database, logTables, work) };
}

async function emptied(t: ExecutionContext, engine: (typeof engines)[number]): Promise<Stage> {
  const on = await stage(t, engine);
  await on.db.query('DELETE FROM logchunks WHERE logid = ?', [on.id]);
  await on.db.query('UPDATE logs SET num_lines = 0, complete = 0 WHERE id = ?', [on.id]);
  return on;
}

function chunk(firstLine: number, text: string, compressed: 0 | 1 = 0): LogChunk {
  const content = compressed ? deflateSync(text) : Buffer.from(text);
  return { firstLine, lastLine: firstLine + text.split('\n').length - 1, content, compressed };
}

for (const engine of engines) {
  for (const version of ['2.10.5', '3.7.0', '4.3.0']) {
    test(`${engine} ${version}: what Buildbot has written is read, from any line`, async (t) => {
      const { database, db, id } = await stage(t, engine, `${version}/killed`);
      const logs = await db.query('SELECT id, num_lines FROM logs ORDER BY id');
      for (const log of logs) {
        const lines = await database.read((tx) => readLines(tx, Number(log['id']), 0, 1e9));
        t.is(lines.split('\n').length - 1, Number(log['num_lines']));
        t.regex(lines, /^([oeh].*\n|p: 'v'\n)+$/);
        const third = await database.read((tx) => readLines(tx, Number(log['id']), 2, 1));
        t.is(third, Number(log['num_lines']) > 2 ? `${lines.split('\n')[2]}\n` : '');
      }
      t.true(logs.length > 2);
      t.regex(await database.read((tx) => readLines(tx, id, 0, 1)), /^h\w+ .*\n$/);
    });
  }

  test(`${engine}: chunks are added once, and the log counts its lines`, async (t) => {
    const { db, work, id, database } = await emptied(t, engine);
    await work((tx) => appendChunk(tx, id, chunk(0, 'hmake\no\0\u20ac'), false));
    await work((tx) => appendChunk(tx, id, chunk(2, 'oa\nob\noc', 1), false));
    // It is not known whether it was committed.
    await work((tx) => appendChunk(tx, id, chunk(2, 'oa\nob\noc', 1), true));
    await work((tx) => appendChunk(tx, id, chunk(5, 'od'), true));
    t.deepEqual(await db.query('SELECT num_lines, complete FROM logs WHERE id = ?', [id]), [{ num_lines: 6, complete: 0 }]); // prettier-ignore
    await work((tx) => finishLog(tx, id, 6));
    await work((tx) => finishLog(tx, id, 6));
    t.deepEqual(await db.query('SELECT num_lines, complete FROM logs WHERE id = ?', [id]), [{ num_lines: 6, complete: 1 }]); // prettier-ignore
    const rows = await db.query('SELECT first_line, last_line, compressed FROM logchunks WHERE logid = ? ORDER BY 1', [id]); // prettier-ignore
    t.deepEqual(rows.map((row) => Object.values(row)), [[0, 1, 0], [2, 4, 1], [5, 5, 0]]); // prettier-ignore
    const read = (first: number, limit: number) => database.read((tx) => readLines(tx, id, first, limit));
    t.is(await read(0, 100), 'hmake\no\0\u20ac\noa\nob\noc\nod\n');
    t.is(await read(1, 2), 'o\0\u20ac\noa\n');
    t.is(await read(3, 1), 'ob\n');
    t.is(await read(4, 9), 'oc\nod\n');
    t.is(await read(6, 9), '');
    t.is(await read(2, 0), '');
  });

  test(`${engine}: every compression of Buildbot's is read, or it is said why not`, async (t) => {
    const { db, id, database } = await emptied(t, engine);
    const stored: readonly (readonly [number, Buffer])[] = [
      [3, Buffer.from('040000003f6f6c7a34'.replace('3f', '40'), 'hex')],
      [5, brotliCompressSync('obr')],
      [2, Buffer.from('BZh9')],
      [9, Buffer.from('x')],
      [1, Buffer.from('no zlib')],
    ];
    for (const [line, [compressed, content]] of stored.entries()) {
      await db.query('INSERT INTO logchunks (logid, first_line, last_line, content, compressed) VALUES (?, ?, ?, ?, ?)', [id, line, line, content, compressed]); // prettier-ignore
    }
    await db.query('INSERT INTO logchunks (logid, first_line, last_line, content, compressed) VALUES (?, 5, 7, ?, 2)', [id, Buffer.from('BZh9')]); // prettier-ignore
    const lines = await database.read((tx) => readLines(tx, id, 0, 100));
    t.deepEqual(lines.split('\n'), [
      'olz4',
      'obr',
      'h[bbctl cannot read this line: compressed by bz2]',
      'h[bbctl cannot read this line: compressed by number 9]',
      'h[bbctl cannot read this line: incorrect header check]',
      'h[bbctl cannot read these 3 lines: compressed by bz2]',
      'h',
      'h',
      '',
    ]);
  });
}
