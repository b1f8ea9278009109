// 100,000 requests: released in batches, or cancelled, within a small memory, and given back by undo.
import { readFileSync, rmSync } from 'node:fs';
import test from 'ava';
import { countRows } from '../../src/lib/model/rows.js';
import { bbctl, temporaryHome } from '../_helpers/cli.js';
import { deadMaster } from '../_helpers/clusters.js';
import { diffDumps, engines, type TestDatabase } from '../_helpers/database.js';
import { entriesOf } from '../_helpers/gate-hooks.js';
import { insertMany } from '../_helpers/leftovers.js';
import { databaseAged } from '../_helpers/recordings.js';
import { peakReporter } from '../_helpers/peak.js';
import { inTerminal } from '../_helpers/terminal.js';

const many = 100_000;
const most = 200 * 1024; // KiB
/** Three rows of each request are written, each in a way of its own. */
const mostToCancel = 256 * 1024;
const timeoutMs = 110_000;

const numbers: Record<TestDatabase['engine'], string> = {
  sqlite: `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many}) SELECT %s FROM n`,
  postgres: `SELECT %s FROM generate_series(1, ${many}) AS n(i)`,
  innodb: `SELECT %s FROM (SELECT seq AS i FROM seq_1_to_${many}) AS n`,
  myisam: `SELECT %s FROM (SELECT seq AS i FROM seq_1_to_${many}) AS n`,
};

async function addRequests(db: TestDatabase): Promise<void> {
  const [master] = await db.query('SELECT last_active FROM masters WHERE id = 1');
  const [old] = await db.query('SELECT buildsetid, builderid FROM buildrequests WHERE complete = 0');
  const columns = `1000 + i, ${Number(old?.buildsetid)}, ${Number(old?.builderid)}, 0, 0, -1, ${Number(master?.last_active)}, 0`;
  await db.exec(
    `INSERT INTO buildrequests (id, buildsetid, builderid, priority, complete, results, submitted_at, waited_for) ${numbers[db.engine].replace('%s', columns)}`,
  );
  await db.exec(
    `INSERT INTO buildrequest_claims (brid, masterid, claimed_at) ${numbers[db.engine].replace('%s', `1000 + i, 1, ${Number(master?.last_active)}`)}`,
  );
}

for (const engine of engines) {
  // One after the other: each has the processors to itself.
  test.serial(
    `${engine}: ${many.toLocaleString('en-US')} stuck requests are released in batches, in less than 200 MB, and undo claims them again`,
    async (t) => {
      const db = await deadMaster(t, engine);
      await addRequests(db);
      const home = temporaryHome();
      t.teardown(() => rmSync(home, { recursive: true, force: true }));
      const before = await db.dump();
      const peakFile = `${home}/peak`;
      const env = { NODE_OPTIONS: `--import=${peakReporter}`, TEST_PEAK_FILE: peakFile };

      const released = await bbctl(['requests', 'release', '--yes'], { db: db.url, home, env, timeoutMs });
      t.is(released.status, 0, released.stderr);
      const [entry] = entriesOf(`${home}/.local/state/bbctl/journal`);
      t.deepEqual(entry?.steps.map(({ sets }) => countRows(sets)), [...Array<number>(10).fill(10_000), 1]); // prettier-ignore
      t.true(Number(readFileSync(peakFile, 'utf8')) < most, `peak ${readFileSync(peakFile, 'utf8')} KiB`);
      t.like((await db.query('SELECT COUNT(*) AS count FROM buildrequest_claims c JOIN buildrequests r ON r.id = c.brid WHERE r.complete = 0'))[0], { count: 0 }); // prettier-ignore

      const undone = await bbctl(['undo', '1', '--yes'], { db: db.url, home, env, timeoutMs });
      t.is(undone.status, 0, undone.stderr);
      t.true(Number(readFileSync(peakFile, 'utf8')) < most, `undo: peak ${readFileSync(peakFile, 'utf8')} KiB`);
      t.deepEqual(diffDumps(before, await db.dump()), []);
    },
  );
}

/** What the program keeps in its memory is the same whatever writes it: all of them once with transactions of each kind. */
const toCancel: Record<TestDatabase['engine'], number> = {
  sqlite: many,
  postgres: many,
  innodb: many / 10,
  myisam: many / 10,
};

for (const engine of engines) {
  const count = toCancel[engine];
  test.serial(
    `${engine}: ${count.toLocaleString('en-US')} requests are cancelled by the name of their builder, and undone`,
    async (t) => {
      const db = await databaseAged(t, engine, '3.7.0/killed', 0);
      await db.exec("INSERT INTO builders (id, name, name_hash) VALUES (91, 'gone', 'hash of gone')");
      const open = { complete: 0, results: -1, submitted_at: 1_795_000_000 };
      await insertMany(db, 'buildsets', count, { id: '1000 + i', ...open });
      const request = { builderid: 91, priority: 0, waited_for: 0, ...open };
      await insertMany(db, 'buildrequests', count, { id: '1000 + i', buildsetid: '1000 + i', ...request });
      const home = temporaryHome();
      t.teardown(() => rmSync(home, { recursive: true, force: true }));
      const before = await db.dump();
      const peakFile = `${home}/peak`;
      const env = { NODE_OPTIONS: `--import=${peakReporter}`, TEST_PEAK_FILE: peakFile };

      const cancelled = await bbctl(['requests', 'cancel', '--builder', 'gone', '--yes'], { db: db.url, home, env, timeoutMs }); // prettier-ignore
      t.is(cancelled.status, 0, cancelled.stderr);
      t.true(
        cancelled.stdout.includes(
          `1. cancel ${count.toLocaleString('en-US')} requests of builder gone (in ${count / 500} steps)\n`,
        ),
        cancelled.stdout,
      );
      t.true(Number(readFileSync(peakFile, 'utf8')) < mostToCancel, `peak ${readFileSync(peakFile, 'utf8')} KiB`);
      t.log(`peak ${readFileSync(peakFile, 'utf8')} KiB`);
      t.like((await db.query('SELECT COUNT(*) AS count FROM buildsets WHERE complete = 0 AND id > 1000'))[0], { count: 0 }); // prettier-ignore

      const undone = await bbctl(['undo', '1', '--yes'], { db: db.url, home, env, timeoutMs });
      t.is(undone.status, 0, undone.stderr);
      t.log(`undo: peak ${readFileSync(peakFile, 'utf8')} KiB`);
      t.true(Number(readFileSync(peakFile, 'utf8')) < mostToCancel, `undo: peak ${readFileSync(peakFile, 'utf8')} KiB`);
      t.deepEqual(diffDumps(before, await db.dump()), []);
    },
  );
}

test.serial('in a terminal the batches are ticked off one after the other', async (t) => {
  const db = await deadMaster(t, 'sqlite');
  await addRequests(db);
  const { output, status } = await inTerminal(['requests', 'release', '--yes'], { db: db.url });
  t.is(status, 0);
  t.true((output.match(/release 10,000 requests/g) ?? []).length > 10);
});
