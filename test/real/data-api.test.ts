/* What a real Buildbot shows of a database over REST, field by field, is what bbctl shows of it. */
import type { ExecutionContext } from 'ava';
import { createSite, databaseUrl, realTest, until } from '../_helpers/buildbot.js';
import { createRepository } from '../_helpers/buildbot/repository.js';
import { comparable } from '../_helpers/comparable.js';
import { emptyDatabase, type EngineName } from '../_helpers/database.js';
import { siteOn } from '../_helpers/site.js';

type Document = Readonly<Record<string, unknown>>;

/** Each is asked of both. `BUILD`, `REQUEST`, `SET` are of a build that has ended. */
const paths = [
  ...['masters', 'masters/1', 'masters/1/builders', 'masters/1/builders/1', 'masters/1/workers', 'masters/1/workers/light'],
  ...['masters/1/schedulers', 'masters/1/changesources', 'masters/1/builders/1/workers', 'masters?active=on', 'masters?active=off'],
  ...['builders', 'builders/1', 'builders/quick', 'builders/1/masters', 'builders/1/masters/1', 'builders/1/workers'],
  ...['builders/2/workers/light', 'builders/1/buildrequests', 'builders?name__contains=i', 'builders?name=quick&name=tick'],
  ...['builders?masterids__contains=1', 'builders?tags__contains=none', 'builders?order=-name&limit=2&offset=1', 'builders?description__ne=x'],
  ...['schedulers', 'schedulers/1', 'schedulers?name__gt=g', 'changesources', 'changesources/1', 'workers', 'workers/1', 'workers/light'],
  ...['workers/LIGHT/builds', 'workers?paused=false', 'buildsets/SET', 'buildsets/SET/properties', 'buildsets?order=bsid'],
  ...['buildsets?complete=true&order=bsid', 'buildrequests/REQUEST', 'buildrequests/REQUEST/builds', 'buildrequests?order=buildrequestid'],
  ...['buildrequests?claimed=true&order=-buildrequestid&limit=1', 'buildrequests?claimed=no', 'buildrequests?buildsetid=SET', 'buildrequests?complete=0'],
  ...['buildrequests/REQUEST?property=owner', 'buildrequests?order=buildrequestid&property=*'],
  ...['builds?order=buildid', 'builds?order=-buildid&limit=1', 'builds?order=-buildid&limit=2&offset=1', 'builds?complete=true&order=buildid'],
  ...['builds?results__ne=0', 'builds?results=0&results=2&order=buildid', 'builds?buildid__le=BUILD&order=buildid', 'builds?state_string__contains=succ&order=buildid'],
  ...['builds?order=buildid&property=owner', 'builds?order=buildid&property=*', 'builds?field=buildid&field=results&order=buildid', 'builds?limit=0'],
  ...['builds/BUILD', 'builds/BUILD?property=scheduler', 'builds/BUILD?field=number', 'builds/BUILD/properties', 'builds/BUILD/property_list?order=name'],
  ...['builders/quick/builds?order=number', 'builders/quick/builds/1', 'builders/QUICK/builds/1', 'builders/QUICK/builds?order=-number&limit=1'],
  ...['builds/BUILD/steps', 'builds/BUILD/steps/0', 'builds/BUILD/steps/command', 'builders/quick/builds/1/steps', 'builders/QUICK/builds/1/steps/1', 'steps/1'],
  ...['builds/BUILD/steps?results=0', 'builds/BUILD/steps?results__ne=0&order=-number'],
  ...['steps/STEP/logs', 'builds/BUILD/steps/command/logs', 'builds/BUILD/steps/command/logs/stdio', 'logs/1', 'logs/1/contents'],
  ...['builds/BUILD/steps/command/logs/stdio/contents', 'logs/1/contents?offset=1&limit=2', 'builders/QUICK/builds/1/steps/command/logs/stdio/contents'],
  ...['changes/1', 'changes/2', 'changes', 'changes/1/builds', 'sourcestamps?order=ssid', 'sourcestamps/1', 'sourcestamps/STAMP/changes'],
  ...['builds/99999', 'builders/none', 'builders/99', 'masters/1/builders/99', 'builders/none/builds', 'builds/99999/steps', 'buildrequests/99999', 'logs/99999', 'none', 'builds/1/none', 'workers/none'],
  ...['builds?none=1', 'builds?limit=x', 'builds?order=none', 'builds?field=none', 'builds/BUILD?results=0', 'builds?complete=perhaps', 'builds?buildid=x', 'builds?field=buildid&order=number', 'builds/BUILD/changes'],
]; // prettier-ignore

async function compare(t: ExecutionContext, engine: EngineName): Promise<void> {
  const db = await emptyDatabase(engine);
  t.teardown(() => db.close());
  const site = await createSite(t, databaseUrl(db, engine), { heartbeatSeconds: 600 });
  const repository = await createRepository(site.home);
  const master = await site.addMaster('a', { repository: repository.url });
  await master.start();
  await until('the repository was polled', async () => (await db.query('SELECT 1 AS one FROM object_state WHERE name = ?', ['lastRev'])).length > 0);
  for (const name of ['one', 'two']) {
    await repository.commit(name);
    await until(`the change ${name} is built`, async () => (await db.query('SELECT 1 AS one FROM changes')).length >= (name === 'one' ? 1 : 2));
  }
  await master.force('quick');
  await until('all is built', async () => {
    const [row] = await db.query('SELECT count(*) AS n FROM buildrequests WHERE complete = 0');
    const [all] = await db.query('SELECT count(*) AS n FROM buildrequests');
    return Number(row?.n) === 0 && Number(all?.n) >= 3;
  });
  const names = await namesIn(db.query.bind(db));
  const ours = await siteOn(t, db.url);
  for (const pattern of paths) {
    const path = pattern.replace(/[A-Z]{3,}/g, (name) => String(names[name]));
    const theirs = await fetch(`${master.url()}api/v2/${path}`);
    const [wanted, found] = [(await theirs.json()) as Document, await ours.get(path)];
    t.is(found.status, theirs.status, path);
    if (theirs.ok) t.deepEqual(comparable(path, found.body), comparable(path, wanted), path);
    else t.is(typeof (found.body as Document)['error'], 'string', path);
  }
  const raw = `logs/1/raw`;
  const theirs = await (await fetch(`${master.url()}api/v2/${raw}`)).text();
  t.is((await ours.text(raw)).text.trimEnd(), theirs.trimEnd());
} // prettier-ignore

type Query = (sql: string) => Promise<Readonly<Record<string, unknown>>[]>;

async function namesIn(query: Query): Promise<Record<string, unknown>> {
  const [build] = await query(
    `SELECT b.id AS build, b.builderid AS builder, b.workerid AS worker, r.id AS request, r.buildsetid AS buildset, s.id AS step
     FROM builds b JOIN buildrequests r ON r.id = b.buildrequestid JOIN steps s ON s.buildid = b.id
     WHERE s.name = 'command' ORDER BY b.id`,
  );
  const [change] = await query('SELECT sourcestampid AS stamp FROM changes ORDER BY changeid');
  return {
    ...{ BUILD: build?.['build'], REQUEST: build?.['request'], SET: build?.['buildset'], STEP: build?.['step'] },
    ...{ QUICK: build?.['builder'], LIGHT: build?.['worker'], STAMP: change?.['stamp'] },
  };
}

for (const engine of ['sqlite', 'postgres'] as const)
  realTest(engine, `a real Buildbot on ${engine} and bbctl show the same`, (t) => compare(t, engine));
