/* The data API over databases of several versions of Buildbot, on each engine. */
import test from 'ava';
import { analyze, finished, largeDatabase } from '../../../_helpers/large-database.js';
import { databaseFrom, engines } from '../../../_helpers/database.js';
import { siteOn } from '../../../_helpers/site.js';

type Document = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

/** What came with which version, in the order of time. */
const newer: Readonly<Record<string, readonly string[]>> = {
  '2.10.5': [],
  '3.7.0': [],
  '4.3.0': ['description_format', 'description_html', 'projectid', 'locks_duration_s', 'locks_acquired_at', 'pause_reason', 'rebuilt_buildid'],
}; // prettier-ignore
const isNewer = (field: string): boolean => Object.values(newer).flat().includes(field);

const fields: Readonly<Record<string, string>> = {
  masters: 'active last_active masterid name',
  builders: 'builderid description masterids name tags',
  schedulers: 'enabled master name schedulerid',
  changesources: 'changesourceid master name',
  workers: 'configured_on connected_to graceful name paused workerid workerinfo',
  buildsets: 'bsid complete complete_at external_idstring parent_buildid parent_relationship reason results sourcestamps submitted_at',
  buildrequests: 'builderid buildrequestid buildsetid claimed claimed_at claimed_by_masterid complete complete_at priority properties results submitted_at waited_for',
  builds: 'builderid buildid buildrequestid complete complete_at masterid number properties results started_at state_string workerid',
  steps: 'buildid complete complete_at hidden name number results started_at state_string stepid urls',
  logs: 'complete logid name num_lines slug stepid type',
  sourcestamps: 'branch codebase created_at patch project repository revision ssid',
}; // prettier-ignore

for (const engine of engines) {
  for (const version of Object.keys(newer)) {
    test(`${version} on ${engine} shows the fields of its Buildbot`, async (t) => {
      const db = await databaseFrom(engine, `${version}/killed`);
      t.teardown(() => db.close());
      const { get } = await siteOn(t, db.url);
      const seenNewer = new Set<string>();
      for (const [path, names] of Object.entries(fields)) {
        const { status, body } = await get(path);
        t.is(status, 200, `${path} ${JSON.stringify(body)}`);
        const [entity] = (body as Document)[path.split('/').at(-1) ?? ''] ?? [];
        const all = Object.keys(entity ?? {}).sort();
        all.filter(isNewer).forEach((field) => seenNewer.add(field));
        t.is(all.filter((field) => !isNewer(field)).join(' '), names, path);
      }
      t.deepEqual([...seenNewer].sort(), [...(newer[version] ?? [])].sort());
      const { body } = await get('builds?complete=false&property=*&field=number&field=complete&field=properties');
      t.is((body as Document)['builds']?.length, 1);
      t.is(typeof (body as Document)['builds']?.[0]?.['properties'], 'object');
    });
  }

  test(`of a large database no more is read than is shown, on ${engine}`, async (t) => {
    t.timeout(120_000);
    const db = await largeDatabase(t, engine);
    await analyze(db);
    const { get } = await siteOn(t, db.url);
    const newest = (await get('builds?order=-buildid&limit=3')).body as { builds: { buildid: number }[]; meta: object }; // prettier-ignore
    t.deepEqual(newest.builds.map(({ buildid }) => buildid - finished), [40, 39, 38]); // prettier-ignore
    t.deepEqual(newest.meta, {}, 'more than are counted');
    t.deepEqual((await get('builders/7/builds?limit=2&offset=95')).body, (await get('builds?builderid=7&limit=2&offset=95')).body); // prettier-ignore
    const some = (await get('builders/builder-7/builds?limit=1')).body as { meta: unknown };
    t.deepEqual(some.meta, { total: finished / 200 + 1 });
    const all = (await get('steps')).body as Document;
    t.is(all['steps']?.length, 1000);
    const most = (await get('steps?limit=1000000&field=stepid')).body as Document;
    t.is(most['steps']?.length, 10_000);
  });
}

const [engine = 'sqlite'] = engines;

test('what is asked wrongly is told with the parameter that is wrong', async (t) => {
  const db = await databaseFrom(engine, '3.7.0/killed');
  t.teardown(() => db.close());
  const { get } = await siteOn(t, db.url);
  const wrong: [path: string, status: number, message: RegExp][] = [
    ['builds?bogus=1', 400, /no field "bogus".*buildid/],
    ['builds?constructor=1', 400, /no field "constructor"/],
    ['builds?limit=many', 400, /"limit" must be a whole number/],
    ['builds?offset=-1', 400, /"offset"/],
    ['builds?order=properties', 400, /"order".*"properties"/],
    ['builds?results__like=1', 400, /"results__like".*eq, ne/],
    ['builds?results__lt=1&results__lt=2', 400, /once/],
    ['builds?results__contains=1', 400, /"results" cannot be asked by "contains"/],
    ['builds?buildid=9999999999', 400, /"buildid": "9999999999" is no whole number/],
    ['builds?complete=constructor', 400, /boolean: on/],
    ['builders?tags=x', 400, /"tags" cannot be asked by "eq"/],
    ['builders?name=a%00b', 400, /"name"/],
    ['builds/1?results=0', 400, /nothing to filter/],
    ['builds/1/properties?name=x', 400, /no field "name"/],
    ['builds/9999999999', 404, /nothing at "builds"/],
    ['builds/%E0%A4%A', 404, /nothing/],
    ['builders/a%00b', 404, /nothing/],
    ['none', 404, /nothing at "none"/],
    ['constructor', 404, /nothing/],
    ['builds/1/constructor', 404, /nothing/],
    ['buildrequests/1/builds/1', 404, /nothing/],
    ['logchunks', 404, /logid=ID/],
  ];
  for (const [path, status, message] of wrong) {
    const answer = await get(path);
    t.is(answer.status, status, path);
    t.regex((answer.body as { error: string }).error, message, path);
  }
});

test('HEAD, OPTIONS, and what is sent with every answer', async (t) => {
  const db = await databaseFrom(engine, '3.7.0/killed');
  t.teardown(() => db.close());
  const { request, get } = await siteOn(t, db.url);
  const head = await request('/api/v2/masters', { method: 'HEAD' });
  t.deepEqual([head.status, await head.text()], [200, '']);
  const options = await request('/api/v2/masters', { method: 'OPTIONS', headers: { origin: 'http://evil.invalid' } });
  t.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, OPTIONS, POST']);
  t.is((await request('/api/v2/masters', { method: 'PUT', body: '{}' })).status, 405);
  for (const headers of [(await get('masters')).headers, options.headers, (await get('none')).headers]) {
    t.regex(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
    t.is(headers.get('x-content-type-options'), 'nosniff');
    t.is(headers.get('referrer-policy'), 'no-referrer');
    t.is(headers.get('access-control-allow-origin'), null);
  }
  t.is((await get('')).status, 200);
  t.deepEqual((await request('/api/latest/masters/1')).status, 200);
});

test('who listens for this machine alone answers under no name that somebody else may have given it', async (t) => {
  const db = await databaseFrom(engine, '3.7.0/killed');
  t.teardown(() => db.close());
  const local = await siteOn(t, db.url);
  const open = await siteOn(t, db.url, { listenHost: '0.0.0.0' });
  const statusOf = async ({ get }: typeof local, host: string): Promise<number> => (await get('masters', { host })).status; // prettier-ignore
  for (const host of ['127.0.0.1:8010', 'localhost:8010', '[::1]:8010', 'LOCALHOST', '10.0.0.1'])
    t.is(await statusOf(local, host), 200, host);
  for (const host of ['evil.invalid:8010', 'localhost.evil.invalid', '127.0.0.1.evil.invalid', ''])
    t.is(await statusOf(local, host), 421, host);
  t.is(await statusOf(open, 'ci.example.org'), 200);
});

test('what the database has to say is for the log alone', async (t) => {
  const db = await databaseFrom(engine, '3.7.0/killed');
  t.teardown(() => db.close());
  const { get, lines } = await siteOn(t, db.url);
  await db.exec('DROP TABLE change_files');
  await db.exec('ALTER TABLE changes RENAME TO secret_name');
  const { status, body } = await get('changes');
  t.is(status, 503);
  t.deepEqual(body, { error: 'The database does not answer.' });
  t.regex(lines.join(), /changes/);
});
