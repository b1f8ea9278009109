import { rmSync } from 'node:fs';
import test from 'ava';
import { bbctl, temporaryHome } from '../_helpers/cli.js';
import { databaseFrom, recordedSecondsAgo } from '../_helpers/database.js';

test('a change is undone only on the database that it was made on', async (t) => {
  const [db, other] = [await databaseFrom('sqlite', '3.7.0/killed'), await databaseFrom('sqlite', '3.7.0/killed')];
  t.teardown(() => Promise.all([db.close(), other.close()]));
  await recordedSecondsAgo(db, 3600);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true }));
  t.is((await bbctl(['masters', 'expire', '--yes'], { db: db.url, home })).status, 0);

  const before = await other.dump();
  for (const command of [['undo'], ['journal', 'complete']]) {
    const { status, stderr } = await bbctl([...command, '1', '--yes'], { db: other.url, home });
    t.is(status, 2);
    t.regex(stderr, /^Error: Change 1 was made on sqlite:\S+, not on sqlite:\S+\.\nName that database/m);
  }
  t.deepEqual(await other.dump(), before);
  t.is((await bbctl(['undo', '1', '--yes'], { db: db.url, home })).status, 0);
});
