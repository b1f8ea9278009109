import test, { type ExecutionContext } from 'ava';
import { parseDatabaseUrl } from '../../../../src/lib/db/url.js';
import { cancelRequest } from '../../../../src/lib/runtime/cancel-request.js';
import { systemClock } from '../../../../src/lib/runtime/clock.js';
import type { Store } from '../../../../src/lib/runtime/store.js';
import { openStores } from '../../../../src/lib/runtime/stores.js';
import { deadMaster, stuckRequest } from '../../../_helpers/clusters.js';
import { databaseFrom, engines, type EngineName, type TestDatabase } from '../../../_helpers/database.js';
import { siteOn, token } from '../../../_helpers/site.js';

const [engine = 'sqlite'] = engines;

async function killed(t: ExecutionContext): Promise<{ db: TestDatabase; name: string }> {
  const db = await databaseFrom(engine, '3.7.0/killed');
  t.teardown(() => db.close());
  const [row] = await db.query('SELECT name FROM masters WHERE id = 1');
  return { db, name: String(row?.['name']) };
}

test('a master does what it is told, by its number or its name, and says why it does not', async (t) => {
  const { db, name } = await killed(t);
  const { post, told } = await siteOn(t, db.url, { self: { id: 1, name } });
  const done = { jsonrpc: '2.0', id: 7, result: null };
  t.deepEqual(await post('masters/1', 'drain'), [200, done]);
  t.deepEqual(await post(`masters/${encodeURIComponent(name)}`, 'cancelDrain'), [200, done]);
  t.deepEqual(await post('masters/1', 'stop'), [200, done]);
  t.deepEqual(await post('masters/1', 'reconfig'), [200, done]);
  t.deepEqual(told, ['drain', 'cancelDrain', 'stop', 'reconfig']);
  const broken = await siteOn(t, db.url, {
    self: { id: null, name },
    orders: { cancelDrain: () => false, reconfig: () => Promise.resolve('line 3 is wrong') },
  });
  const [status, answer] = await broken.post('masters/1', 'cancelDrain');
  t.is(status, 409);
  t.like(answer, { id: 7, error: { code: -32000, message: 'It is not draining, or has left already.' } });
  t.regex(JSON.stringify(await broken.post('masters/1', 'reconfig')), /409,.*not taken over: line 3 is wrong/);
});

test('another master is not told anything, and whoever asks is told where to ask', async (t) => {
  const { db, name } = await killed(t);
  const { post, told } = await siteOn(t, db.url, { self: { id: 9, name: 'another' } });
  t.regex(JSON.stringify(await post('masters/1', 'drain')), /409,.*Ask master 1 \(.*\) itself\./);
  const [row] = await db.query('SELECT name_hash FROM masters WHERE id = 1');
  await db.query(`INSERT INTO objects (id, name, class_name) VALUES (900, ?, 'bbctl.Master')`, [row?.['name_hash']]);
  await db.query(`INSERT INTO object_state (objectid, name, value_json) VALUES (900, 'listen', '"10.0.0.1:8010"')`);
  t.regex(JSON.stringify(await post(`masters/${encodeURIComponent(name)}`, 'drain')), /http:\/\/10\.0\.0\.1:8010/);
  t.is((await post('masters/99', 'drain'))[0], 404);
  t.deepEqual(told, []);
});

test('a build is stopped where it runs, by its number or below its builder', async (t) => {
  const { db, name } = await killed(t);
  const [build] = await db.query('SELECT id, number, builderid FROM builds WHERE complete_at IS NULL');
  const [over] = await db.query('SELECT id FROM builds WHERE complete_at IS NOT NULL');
  const elsewhere = await siteOn(t, db.url, { self: { id: 9, name: 'another' } });
  t.regex(JSON.stringify(await elsewhere.post(`builds/${String(build?.['id'])}`, 'stop')), /409,.*runs on another master/);
  t.is((await elsewhere.post('builds/999', 'stop'))[0], 404);
  if (over) t.regex(JSON.stringify(await elsewhere.post(`builds/${String(over['id'])}`, 'stop')), /409,.*ended already/);
  const here = await siteOn(t, db.url, { self: { id: 1, name } });
  t.regex(JSON.stringify(await here.post(`builds/${String(build?.['id'])}`, 'stop')), /409,.*a run that is over/);
  here.running.push({ id: Number(build?.['id']), number: 1, builder: 'b', requestId: 77, startedAt: 1, worker: 'w' });
  t.is((await here.post(`builds/${String(build?.['id'])}`, 'stop', { reason: 'enough' }))[0], 200);
  t.is((await here.post(`builders/${String(build?.['builderid'])}/builds/${String(build?.['number'])}`, 'stop'))[0], 200);
  t.is((await here.post('buildrequests/77', 'cancel', { reason: 'not needed' }))[0], 200);
  t.deepEqual(here.told, ['enough', 'no reason', 'not needed'].map((reason) => `stop build ${String(build?.['id'])}: ${reason}`));
}); // prettier-ignore

test('nothing is done for who has no token, sends no JSON, comes from elsewhere, or asks for what there is not', async (t) => {
  const { db } = await killed(t);
  const { post, request, told } = await siteOn(t, db.url);
  const statusOf = async (headers: Record<string, string>): Promise<number> => (await post('masters/1', 'drain', {}, headers))[0]; // prettier-ignore
  t.is(await statusOf({ authorization: '' }), 401);
  t.is(await statusOf({ authorization: 'Bearer guess' }), 401);
  t.is(await statusOf({ authorization: `Basic ${token}` }), 401);
  t.is(await statusOf({ 'content-type': 'text/plain' }), 415);
  t.is(await statusOf({ origin: 'http://evil.invalid' }), 403);
  t.is(await statusOf({ origin: 'null' }), 403);
  t.is(await statusOf({ origin: 'http://127.0.0.1:9' }), 403);
  t.is((await post('masters/1', 'explode'))[0], 400);
  t.is((await post('masters/1', 'constructor'))[0], 400);
  t.is((await post('masters', 'drain'))[0], 404);
  t.is((await post('workers/1', 'stop'))[0], 404);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  for (const body of ['', '{', '[]', '{"jsonrpc":"1.0","method":"drain"}', '{"jsonrpc":"2.0","method":"drain","params":[1]}'])
    t.is((await request('/api/v2/masters/1', { method: 'POST', headers, body })).status, 400, body);
  t.is((await request('/api/v2/masters/1', { method: 'POST', headers, body: `"${'x'.repeat(70_000)}"` })).status, 413);
  const none = await siteOn(t, db.url, { controls: { token: () => null } });
  t.is((await none.post('masters/1', 'drain'))[0], 403);
  t.deepEqual([...told, ...none.told], []);
  t.is(await statusOf({ origin: 'http://127.0.0.1:8010' }), 200);
}); // prettier-ignore

for (const one of engines) {
  test(`a pending request is cancelled with its buildset, and what a master may be building is not, on ${one}`, async (t) => {
    const db = await deadMaster(t, one satisfies EngineName);
    const id = await stuckRequest(db);
    await db.query('UPDATE masters SET active = 1, last_active = ? WHERE id = 1', [Math.floor(Date.now() / 1000)]);
    const stores = openStores({ location: parseDatabaseUrl(db.url), expireAfterMs: 5000, clock: systemClock });
    t.teardown(() => Promise.all(Object.values<Store>({ ...stores }).map((store) => store.close())));
    const { post } = await siteOn(t, db.url, {
      self: { id: 9, name: 'another' },
      controls: { cancelRequest: (request) => cancelRequest(stores.work, request) },
    });
    t.regex(JSON.stringify(await post(`buildrequests/${id}`, 'cancel')), /409,.*claimed.*another master\. Ask master 1/);
    await db.query('DELETE FROM buildrequest_claims WHERE brid = ?', [id]);
    await db.query('UPDATE builds SET complete_at = 1, results = 5 WHERE buildrequestid = ?', [id]);
    await db.query('UPDATE buildrequests SET complete = 1, results = 0 WHERE id <> ?', [id]);
    t.is((await post(`buildrequests/${id}`, 'cancel'))[0], 200);
    const [row] = await db.query('SELECT r.complete AS c, r.results AS r, s.complete AS sc, s.results AS sr FROM buildrequests r JOIN buildsets s ON s.id = r.buildsetid WHERE r.id = ?', [id]);
    t.deepEqual(row, { c: 1, r: 6, sc: 1, sr: 6 });
    t.regex(JSON.stringify(await post(`buildrequests/${id}`, 'cancel')), /409,.*is complete/);
    t.is((await post('buildrequests/99999', 'cancel'))[0], 404);
    t.is((await post('buildrequests/none', 'cancel'))[0], 404);
  }); // prettier-ignore
}
