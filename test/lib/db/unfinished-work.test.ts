import test from 'ava';
import { buildTables } from '../../../src/lib/db/build-tables.js';
import { addBuildset } from '../../../src/lib/db/buildsets.js';
import { membershipTables } from '../../../src/lib/db/fence.js';
import { enrol, leave, leavingTables } from '../../../src/lib/db/membership.js';
import { claimRequests } from '../../../src/lib/db/request-claims.js';
import { addBuilds, addLog, addStep, finishBuild } from '../../../src/lib/db/running-builds.js';
import { findOrAddSourceStamp } from '../../../src/lib/db/source-stamps.js';
import { noOffer } from '../../../src/lib/model/run.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';
import { openFor } from '../../_helpers/service-context.js';

for (const engine of engines)
  test(`${engine}: who leaves ends what it could not end before, and gives the requests of it back`, async (t) => {
    const db = await databaseFrom(engine, '3.7.0/fresh');
    await insertRevision(db, '3.7.0/fresh');
    t.teardown(() => db.close());
    const database = await openFor(t, db);
    await db.query(`insert into builders (id, name, name_hash) values (1, 'a', 'a'), (2, 'b', 'b')`);
    await db.query(`insert into workers (id, name, info) values (1, 'w', '{}')`);
    const enrolment = { name: 'blue', incarnation: 'one', expireAfter: 5, offer: noOffer };
    const me = await database.write(membershipTables, (tx) => enrol(tx, enrolment, null));
    await database.write(buildTables, async (tx) => {
      const stamp = { branch: null, revision: null, repository: '', project: '', codebase: '' };
      const sourceStampIds = [await findOrAddSourceStamp(tx, stamp, 7)];
      const { requestIds } = await addBuildset(tx, { reason: '', properties: {}, sourceStampIds, builderIds: [1, 2] }, 7); // prettier-ignore
      await claimRequests(tx, me.id, [...requestIds.values()], 7);
      for (const [builderId, requestId] of requestIds) {
        const added = await addBuilds(tx, me.id, [{ requestId, builderId, workerId: 1 }], 7);
        const buildId = added.get(requestId)?.id ?? 0;
        await addLog(tx, await addStep(tx, { buildId, number: 0, name: 'shell' }, 7, false), 'stdio', false);
        if (builderId === 2) await finishBuild(tx, me.id, buildId, { results: 0, state: 'done' }, 8);
        if (builderId === 2) await tx.sql('buildrequests').where('id', requestId).update({ complete: 1, results: 0 });
      }
    });

    await database.write([...membershipTables, ...leavingTables], (tx) => leave(tx, me));
    t.deepEqual(await db.query('select builderid, results from builds order by builderid'), [{ builderid: 1, results: 5 }, { builderid: 2, results: 0 }]); // prettier-ignore
    t.deepEqual(await db.query('select results from steps where complete_at is null'), [{ results: null }]);
    t.deepEqual(await db.query('select complete from logs order by id'), [{ complete: 1 }, { complete: 0 }]);
    t.deepEqual(await db.query('select builderid from buildrequest_claims join buildrequests on id = brid'), [{ builderid: 2 }]); // prettier-ignore
    t.deepEqual(await db.query('select active from masters'), [{ active: 0 }]);
  });
