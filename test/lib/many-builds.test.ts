// 200,000 builds that become another builder's: in small steps, within a small memory; and back.
import { readFileSync, rmSync } from 'node:fs';
import test from 'ava';
import { bbctl, temporaryHome } from '../_helpers/cli.js';
import { engines } from '../_helpers/database.js';
import { peakReporter } from '../_helpers/peak.js';
import { addBuild, addManyBuilds, renamedBuilder } from '../_helpers/renamed.js';

const many = 200_000;
const most = 200 * 1024; // KiB
const timeoutMs = 300_000;
const merge = ['builders', 'merge', 'quick', 'slow', '--force', '--yes'];

// The memory does not depend on the engine, the time that 200,000 rows take to be made does.
for (const engine of engines.filter((one) => one === 'sqlite')) {
  test.serial(
    `${engine}: ${many.toLocaleString('en-US')} builds of a renamed builder, in less than 200 MB`,
    async (t) => {
      t.timeout(2 * timeoutMs);
      const { db, from, into } = await renamedBuilder(t, engine);
      await addManyBuilds(db, from.id, many);
      await addBuild(db, into.id);
      const home = temporaryHome();
      t.teardown(() => rmSync(home, { recursive: true, force: true }));
      const env = { NODE_OPTIONS: `--import=${peakReporter}`, TEST_PEAK_FILE: `${home}/peak` };
      const counts = () => db.query('SELECT builderid, COUNT(*) AS builds, MAX(number) AS newest FROM builds WHERE builderid IN (?, ?) GROUP BY builderid ORDER BY builderid', [from.id, into.id]); // prettier-ignore
      const before = await counts();
      for (const command of [merge, ['undo', '1', '--yes']]) {
        const { status, stdout, stderr } = await bbctl(command, { db: db.url, home, env, timeoutMs });
        t.is(status, 0, stdout + stderr);
        const peak = Number(readFileSync(`${home}/peak`, 'utf8'));
        t.log(`${command.slice(0, 2).join(' ')}: ${Math.round(peak / 1024)} MB`);
        if (command === merge) t.true(peak < most, `peak ${peak} KiB`);
        t.is((await counts()).length, command === merge ? 1 : 2);
      }
      t.deepEqual(await counts(), before);
    },
  );
}
