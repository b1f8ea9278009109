// Beside a real master: what it has scheduled is not scheduled again, and what we schedule it builds and shows as its own.
import { findOrAddSourceStamp, type SourceStamp } from '../../src/lib/db/source-stamps.js';
import { force } from '../../src/lib/runtime/schedulers/force.js';
import { makeScheduler } from '../../src/lib/runtime/schedulers/scheduler.js';
import { scheduleTables } from '../../src/lib/runtime/schedulers/schedule.js';
import { createCluster, readResults, realTest, SUCCESS, until, type Master } from '../_helpers/buildbot.js';
import type { TestDatabase } from '../_helpers/database.js';
import { addChange, builtBy, changeConfig, forceConfig } from '../_helpers/scheduling.js';
import { freeContext, openFor } from '../_helpers/service-context.js';

type Row = Record<string, unknown>;

/** All rows of a buildset, but for ids, times and how it ended. */
async function written(db: TestDatabase, id: number): Promise<Record<string, Row[]>> {
  const apart = { id: 0, buildsetid: 0, submitted_at: 0, complete: 0, complete_at: 0, results: 0, sourcestampid: 0 };
  const rows = async (sql: string) => (await db.query(sql, [id])).map((row) => ({ ...row, ...apart }));
  return {
    buildsets: await rows('SELECT * FROM buildsets WHERE id = ?'),
    properties: await rows('SELECT * FROM buildset_properties WHERE buildsetid = ? ORDER BY property_name'),
    requests: await rows('SELECT * FROM buildrequests WHERE buildsetid = ? ORDER BY builderid'),
    stamps: await rows('SELECT * FROM buildset_sourcestamps WHERE buildsetid = ?'),
  };
}

interface Shown {
  readonly buildsets: readonly { readonly sourcestamps: readonly Row[] }[];
}

async function shown(master: Master, id: number) {
  const { buildsets } = (await master.rest(`buildsets/${id}`)) as Shown;
  const { properties } = (await master.rest(`buildsets/${id}/properties`)) as { properties: readonly Row[] };
  return { buildset: buildsets[0], properties: properties[0] };
}

const newest = async (db: TestDatabase) => Number((await db.query('SELECT MAX(id) AS id FROM buildsets'))[0]?.['id']);

for (const engine of ['postgres', 'myisam'] as const) {
  realTest(engine, `a real master and our schedulers take over from each other, on ${engine}`, async (t) => {
    const { db, a, repository } = await createCluster(t, engine);
    await a.start();
    const [scheduler] = await db.query(`SELECT id FROM schedulers WHERE name = 'on-commit'`);
    const database = await openFor(t, db);
    const context = freeContext(database, { id: Number(scheduler?.['id']), name: 'on-commit' });
    const onCommit = makeScheduler(changeConfig())!;
    await until('it has polled', async () => (await db.query(`SELECT 1 FROM object_state WHERE name = 'lastRev'`)).length > 0); // prettier-ignore
    await onCommit.turn(context);
    await repository.commit('second');
    await until('it has scheduled the change', async () => (await builtBy(db, 'on-commit')).length > 0);
    const byChange = await newest(db);
    await onCommit.turn(context);
    t.is(await newest(db), byChange);

    const stamps = await db.query('SELECT * FROM sourcestamps ORDER BY id');
    const found: number[] = [];
    for (const row of stamps) found.push(await context.fenced(scheduleTables, (tx) => findOrAddSourceStamp(tx, row as unknown as SourceStamp, tx.now))); // prettier-ignore
    t.deepEqual(found, stamps.map((row) => Number(row['id']))); // prettier-ignore

    const { buildsetId: theirs, requestId } = await a.force('quick');
    await until('it has built that', async () => (await readResults(db, requestId)) === SUCCESS);
    await a.stop();
    const config = { ...forceConfig, name: 'force' };
    const ours = await context.fenced(scheduleTables, (tx) => force(tx, config, { owner: 'A <a@b.invalid>', reason: 'test' })); // prettier-ignore
    t.deepEqual(await written(db, ours.buildsetId), await written(db, theirs));
    await addChange(db, 900, { properties: { who: 'ü' } });
    await onCommit.turn(context);
    const ourChange = await newest(db);
    t.not(ourChange, ours.buildsetId);

    await a.start();
    // A buildset is complete a moment after its last request.
    const both = () => db.query('SELECT complete, results FROM buildsets WHERE id IN (?, ?)', [ours.buildsetId, ourChange]); // prettier-ignore
    await until('it has built ours', async () => (await both()).every((row) => Number(row['complete']) === 1));
    t.deepEqual((await both()).map((row) => Number(row['results'])), [SUCCESS, SUCCESS]); // prettier-ignore
    const { properties, buildset } = await shown(a, ourChange);
    t.like(properties, { scheduler: ['on-commit', 'Scheduler'], who: ['ü', 'Change'] });
    t.like(buildset, { complete: true, results: SUCCESS, reason: "The AnyBranchScheduler scheduler named 'on-commit' triggered this build" }); // prettier-ignore
    t.like(buildset?.sourcestamps[0], { branch: 'main', revision: 'rev 900', repository: 'https://r', codebase: '' });
    const [forced, likeIt] = [await shown(a, ours.buildsetId), await shown(a, theirs)];
    t.deepEqual(forced.properties, likeIt.properties);
    t.deepEqual(forced.buildset?.sourcestamps, likeIt.buildset?.sourcestamps);
    const { properties: first } = await shown(a, byChange);
    t.deepEqual(first, { scheduler: ['on-commit', 'Scheduler'] });
    t.deepEqual(await written(db, ourChange), { ...(await written(db, byChange)), properties: (await written(db, ourChange))['properties'] }); // prettier-ignore
  });
}
