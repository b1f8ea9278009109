// A short run of what script/chaos --counting does for long: clients force builds, counting, while masters and their
// database go through faults drawn by a seed; each is built once, whatever happens.
import { mkdtempSync, rmSync } from 'node:fs';
import test from 'ava';
import type { Pace } from '../_helpers/chaos/mischief.js';
import { storedIn } from '../_helpers/chaos/own-server.js';
import { runCounting } from '../_helpers/counting/counting.js';
import { formatCounting } from '../_helpers/counting/counting-report.js';
import { emptyDatabase, engines } from '../_helpers/database.js';

// Now and then somebody listens.
const pace: Pace = { least: 1, most: 3, peace: 3, faultsUntilPeace: 4 };
const seeds = { postgres: 21, innodb: 22, myisam: 23, sqlite: 24 };

for (const engine of engines) {
  test.serial(`${engine}: what was asked for is built once, whatever masters go through`, async (t) => {
    t.timeout(300_000);
    const db = await emptyDatabase(engine);
    t.teardown(() => db.close());
    const seed = Number(process.env['CHAOS_SEED'] ?? seeds[engine]);
    // Not where everything goes when the tests end: the logs of a failure are to be read.
    const dir = mkdtempSync(`/tmp/bbctl-counting-${engine}-`);
    t.log(`CHAOS_SEED=${seed}; the logs of a failure are in ${dir}`);
    const database = { engine, url: storedIn(engine, db.url) };
    const report = await runCounting(t, { database, dir, seed, masters: 3, clients: 3, seconds: 8, pace });
    t.log(formatCounting(report));
    t.deepEqual(report.problems, []);
    t.true(report.acknowledged >= 3);
    rmSync(dir, { recursive: true, force: true });
  });
} // prettier-ignore
