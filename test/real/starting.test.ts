// A master that is starting looks like a stopped one that left things behind.
import {
  age,
  countRegistrations,
  createCluster,
  readMaster,
  readResults,
  readServices,
  realTest,
  SUCCESS,
  until,
} from '../_helpers/buildbot.js';
import { diffDumps } from '../_helpers/database.js';
import { expire, readState } from '../_helpers/buildbot/views.js';

const SPARE_BUILDERS = 40;
const LONG_AGO_SECONDS = 3600;

for (const engine of ['postgres', 'myisam'] as const) {
  realTest(engine, `a master in the middle of its start is left alone, on ${engine}`, async (t) => {
    const { db, a } = await createCluster(t, engine, { spareBuilders: SPARE_BUILDERS });
    await a.start();
    await a.stop();
    await age(db, a, LONG_AGO_SECONDS);
    const { id } = await readMaster(db, a);
    t.is(await readState(db, a), 'stopped');

    a.startWithoutWaiting();
    await until('A registers itself', async () => (await countRegistrations(db, id)) > 0, { everyMs: 5 });
    a.signal('SIGSTOP');
    t.false((await readMaster(db, a)).active, 'A was stopped too late');
    const before = await db.dump();

    t.is(await readState(db, a), 'starting');
    const { status, stdout, stderr } = await expire(db);
    t.is(status, 0, stdout + stderr);
    t.deepEqual(diffDumps(before, await db.dump()), []);

    a.signal('SIGCONT');
    await a.running();
    t.is(await readState(db, a), 'active');
    t.deepEqual(await readServices(db), { force: id, 'on-commit': id, poller: id });
    const { requestId } = await a.force('quick');
    await until('A builds', async () => (await readResults(db, requestId)) === SUCCESS);
  });
}
