import test from 'ava';
import { mark, readMarks, topics } from '../../../src/lib/db/announcements.js';
import type { Marks } from '../../../src/lib/db/announcements.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';
import { openFor } from '../../_helpers/service-context.js';

for (const engine of engines) {
  test(`${engine}: each announcement leaves another mark, where nobody can be told at once`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/fresh');
    t.teardown(() => db.close());
    await insertRevision(db, '3.7.0/fresh');
    const database = await openFor(t, db);
    const looks: Marks[] = [];
    for (const topic of topics) {
      looks.push(await database.glance(readMarks));
      await database.glance((tx) => mark(tx, [topic]));
    }
    looks.push(await database.glance(readMarks));
    const unwatched = await database.glance((tx) => readMarks(tx, new Set(['services'])));
    t.is(unwatched.size > 0, engine !== 'postgres', 'who is told of services need not look');
    const changed = topics.map((topic, index) => looks[index]?.get(topic) !== looks[index + 1]?.get(topic));
    t.deepEqual(changed, engine === 'postgres' ? [false, false, false] : [true, true, true]);
  });
}
