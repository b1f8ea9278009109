// `buildbot upgrade-master` resets the hearts of all masters, also of those that are running.
import {
  createCluster,
  hasOutput,
  isFarFromBeat,
  readBuilds,
  readMaster,
  readResults,
  realTest,
  SUCCESS,
  until,
} from '../_helpers/buildbot.js';
import { diffDumps } from '../_helpers/database.js';
import { expire, readState } from '../_helpers/buildbot/views.js';

realTest('postgres', 'masters whose hearts upgrade-master reset are left alone', async (t) => {
  const { db, a, b, openGate, addMaster } = await createCluster(t, 'postgres');
  const next = await addMaster('next');
  await a.start();
  await b.start();
  const { requestId: slow } = await a.force('slow');
  await until('A builds', () => hasOutput(db, slow));
  await until('both have just beaten', async () => {
    return (await isFarFromBeat(db, a, 30)) && (await isFarFromBeat(db, b, 30));
  });

  await next.upgradeMaster();
  const before = await db.dump();
  for (const master of [a, b]) {
    t.like(await readMaster(db, master), { active: true, lastActive: 0 });
    t.is(await readState(db, master), 'silent');
  }
  const { status, stdout, stderr } = await expire(db);
  t.is(status, 0, stdout + stderr);
  for (const master of [a, b]) t.true((stdout + stderr).includes(master.name));
  t.regex(stdout + stderr, /left alone/);
  t.deepEqual(diffDumps(before, await db.dump()), []);

  await openGate();
  await until('A ends its build', async () => (await readResults(db, slow)) === SUCCESS);
  t.is((await readBuilds(db, slow)).length, 1);
  const { requestId: quick } = await b.force('quick');
  await until('B builds', async () => (await readResults(db, quick)) === SUCCESS);
});
