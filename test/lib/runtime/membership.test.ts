import test, { type ExecutionContext } from 'ava';
import type { Transaction } from '../../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { noOffer } from '../../../src/lib/model/run.js';
import { systemClock } from '../../../src/lib/runtime/clock.js';
import { noLog } from '../../../src/lib/runtime/log.js';
import { Membership } from '../../../src/lib/runtime/membership.js';
import { openStores } from '../../../src/lib/runtime/stores.js';
import type { Store } from '../../../src/lib/runtime/store.js';
import { databaseFrom } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';

const { signal } = new AbortController();

async function storeOn(t: ExecutionContext): Promise<Store> {
  const db = await databaseFrom('sqlite', '3.7.0/fresh');
  await insertRevision(db, '3.7.0/fresh');
  const { heart } = openStores({ location: parseDatabaseUrl(db.url), expireAfterMs: 5000, clock: systemClock });
  t.teardown(() => heart.close().then(() => db.close()));
  return heart;
}

function memberOn(store: Store): Membership {
  return new Membership({ name: 'blue', expireAfterMs: 5000, store, clock: systemClock, log: noLog });
}

/** What somebody else does before the write of this number. */
function interrupted(store: Store, at: number, meanwhile: () => Promise<void>): Store {
  let writes = 0;
  return {
    label: store.label,
    read: (work) => store.read(work),
    glance: (work) => store.glance(work),
    close: () => store.close(),
    async write<T>(tables: readonly string[], work: (tx: Transaction) => Promise<T>): Promise<T> {
      if (++writes === at) await meanwhile();
      return store.write(tables, work);
    },
  };
}

for (const at of [2, 3]) {
  test(`of two that begin at once under one name one is refused, also before write ${at} of the other`, async (t) => {
    const store = await storeOn(t);
    const first = memberOn(store);
    await first.join(noOffer, signal);
    await first.leave();
    const quick = memberOn(store);
    const slow = memberOn(interrupted(store, at, () => quick.join(noOffer, signal)));
    const refused = t.throwsAsync(slow.join(noOffer, signal), { message: /A master named blue is running/ });
    const beating = setInterval(() => void quick.beatOnce().catch(t.fail), 500);
    await refused;
    clearInterval(beating);
    t.truthy(quick.trusted);
    t.is(slow.trusted, null);
    await t.notThrowsAsync(quick.beatOnce());
  });
}
