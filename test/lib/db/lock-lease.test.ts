import test from 'ava';
import { Database } from '../../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { Failure } from '../../../src/lib/errors.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';

/** As SIGSTOP does it: nothing is read meanwhile, also not that the server has hung up. */
function stand(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

for (const engine of engines.filter((name) => name !== 'sqlite')) {
  test(`${engine}: who was stopped in a transaction for too long is told in a sentence that the lock is gone`, async (t) => {
    const db = await databaseFrom(engine, '4.3.0/fresh');
    t.teardown(() => db.close());
    await insertRevision(db, '4.3.0/fresh');
    const options = { access: 'write', purpose: 'test', timeoutMs: 10_000, lockLeaseMs: 1000 } as const;
    const database = await Database.open(parseDatabaseUrl(db.url), options);
    t.teardown(() => database.close());
    const enough = new Error('there is nothing to write');
    const work = async () => {
      // A server that is late with it is given more time.
      for (let tries = 0; tries < 20; tries++) {
        const given = database.write(['masters'], async ({ sql }) => {
          await sql('masters').select();
          stand(1500);
          throw enough;
        });
        await given.catch((error: unknown) => {
          if (error !== enough) throw error;
        });
      }
    };
    const error = await t.throwsAsync(work, { instanceOf: Failure });
    t.is(error.code, 'unreachable');
  });
} // prettier-ignore
