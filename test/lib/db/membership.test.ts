import test from 'ava';
import { readView } from '../../../src/lib/db/cluster-view.js';
import { NotMember } from '../../../src/lib/db/fence.js';
import { beat, enrol, readOwnRow } from '../../../src/lib/db/membership.js';
import { noOffer } from '../../../src/lib/model/run.js';
import { databaseFrom } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';
import { openFor } from '../../_helpers/service-context.js';

test('a beat that was cut off before the row is still this master', async (t) => {
  const db = await databaseFrom('sqlite', '4.3.0/fresh');
  await insertRevision(db, '4.3.0/fresh');
  t.teardown(() => db.close());
  const database = await openFor(t, db);
  const enrolment = { name: 'blue', incarnation: 'one', expireAfter: 5, offer: noOffer };
  const me = await database.write([], (tx) => enrol(tx, enrolment, null));
  const move = (seconds: number) => db.query('update masters set last_active = last_active + ?', [seconds]);
  const see = () => database.glance((tx) => readView(tx));

  await move(-2);
  t.is((await see()).peers[0]?.run?.incarnation, 'one');
  t.is((await database.write([], (tx) => readOwnRow(tx, 'blue')))?.run?.expireAfter, 5);
  await database.write([], (tx) => beat(tx, me));

  await move(+2); // a Buildbot, later
  t.is((await see()).peers[0]?.run, null);
  await t.throwsAsync(() => database.write([], (tx) => beat(tx, me)), { instanceOf: NotMember, message: /another process/ }); // prettier-ignore
});
