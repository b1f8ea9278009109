import test from 'ava';
import { readView } from '../../../src/lib/db/cluster-view.js';
import { enrol } from '../../../src/lib/db/membership.js';
import { noOffer } from '../../../src/lib/model/run.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';
import { openFor, write } from '../../_helpers/service-context.js';

for (const engine of engines) {
  test(`${engine}: who beats while it is looked at is still one of bbctl's own, who was followed by a Buildbot is not`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/fresh');
    t.teardown(() => db.close());
    await insertRevision(db, '3.7.0/fresh');
    const database = await openFor(t, db);
    const enrolment = { name: 'blue', incarnation: 'one', expireAfter: 45, offer: noOffer };
    await write(database, ['objects', 'object_state'], (tx) => enrol(tx, enrolment, null));
    const seen = async (seconds: number): Promise<string | undefined> => {
      await db.query(`update masters set last_active = last_active + ${seconds}`);
      return (await database.glance(readView)).peers[0]?.run?.incarnation;
    };
    t.is(await seen(0), 'one');
    t.is(await seen(-11), 'one', 'the row as it was before the beat, what it published after it');
    t.is(await seen(71), undefined, 'somebody else has written the row');
  });
}
