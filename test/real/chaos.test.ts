// A short run of what script/chaos does for long: real processes, faults drawn by a seed, everything counted.
import { mkdtempSync, rmSync } from 'node:fs';
import test from 'ava';
import { runChaos } from '../_helpers/chaos/chaos.js';
import { shortPace } from '../_helpers/chaos/mischief.js';
import { storedIn } from '../_helpers/chaos/own-server.js';
import { formatReport } from '../_helpers/chaos/report.js';
import { emptyDatabase, engines } from '../_helpers/database.js';

const seeds = { postgres: 11, innodb: 12, myisam: 13, sqlite: 14 };

for (const engine of engines) {
  test.serial(`${engine}: masters that are killed, paused and cut off leave nothing out, and do nothing twice`, async (t) => {
    t.timeout(240_000);
    const db = await emptyDatabase(engine);
    t.teardown(() => db.close());
    const seed = Number(process.env['CHAOS_SEED'] ?? seeds[engine]);
    // Not where everything goes when the tests end: the logs of a failure are to be read.
    const dir = mkdtempSync(`/tmp/bbctl-chaos-${engine}-`);
    t.log(`CHAOS_SEED=${seed}; the logs of a failure are in ${dir}`);
    const database = { engine, url: storedIn(engine, db.url) };
    const report = await runChaos(t, { database, dir, seed, masters: 3, seconds: 10, pace: shortPace });
    t.log(formatReport(report));
    t.deepEqual(report.problems, []);
    t.true(report.counts.every(({ done, name }) => done > 0 || name === 'minute'));
    rmSync(dir, { recursive: true, force: true });
  });
} // prettier-ignore
