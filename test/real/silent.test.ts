// A PostgreSQL master's heart stops for ever when it meets a database error; the master goes on working.
import {
  createSite,
  hasOutput,
  readBuilds,
  readMaster,
  readResults,
  realTest,
  SUCCESS,
  until,
} from '../_helpers/buildbot.js';
import { startPostgres } from '../_helpers/buildbot/postgres-server.js';
import { expire, readState } from '../_helpers/buildbot/views.js';

const SILENT_SECONDS = 700;

realTest('postgres', 'a master that builds with a silent heart is left alone', async (t) => {
  const db = await startPostgres(t);
  const site = await createSite(t, db.url);
  const a = await site.addMaster('a');
  await a.start();
  const { requestId: slow } = await a.force('slow');
  await until('the build runs', () => hasOutput(db, slow));
  // Whatever else meets the error first takes it away from the heartbeat.
  await until('the master is idle', () => db.isIdle());

  await db.restart();
  // Its traceback comes in two parts; the second names the heartbeat.
  const metError = (): boolean => /fatal OperationalError[^]*(masterActive|setMasterState)/.test(a.log());
  await until('the heartbeat meets the error', metError, { deadlineMs: 90_000 });
  await db.query('UPDATE masters SET last_active = last_active - ?', [SILENT_SECONDS]);
  const heard = (await readMaster(db, a)).lastActive;
  const { requestId: quick } = await a.force('quick');
  await until('it starts and ends builds', async () => (await readResults(db, quick)) === SUCCESS);
  await until('the master is idle', () => db.isIdle());
  const before = await db.contents();

  t.is(await readState(db, a), 'silent');
  const { status, stdout, stderr } = await expire(db);
  t.is(status, 0, stdout + stderr);
  t.regex(stdout + stderr, /left alone/);
  t.true((stdout + stderr).includes(a.name));
  t.deepEqual(await db.contents(), before);

  await site.openGate();
  await until('the other build ends', async () => (await readResults(db, slow)) === SUCCESS);
  t.is((await readBuilds(db, slow)).length, 1);
  t.is((await readMaster(db, a)).lastActive, heard);
});
