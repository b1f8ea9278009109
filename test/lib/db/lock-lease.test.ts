import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { Database, type Transaction } from '../../../src/lib/db/connect.js';
import { rowsOf } from '../../../src/lib/db/dialect.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { Failure } from '../../../src/lib/errors.js';
import { databaseFrom, engines } from '../../_helpers/database.js';
import { insertRevision } from '../../_helpers/recordings.js';

const untilSessionEnds = fileURLToPath(new URL('../../_helpers/until-session-ends.js', import.meta.url));

/** As SIGSTOP does it: nothing is read meanwhile, also not that the server has hung up. */
function standUntilSessionEnds(url: string, id: number): void {
  spawnSync(process.execPath, [untilSessionEnds, url, String(id)], { stdio: 'inherit' });
}

async function sessionOf({ sql, dialect }: Transaction): Promise<number> {
  const id = dialect.engine === 'postgres' ? 'pg_backend_pid()' : 'connection_id()';
  return Number(rowsOf(await sql.raw(`select ${id} as id`))[0]?.['id']);
}

// One after the other: who stands lets the connections of the others expire, too.
for (const engine of engines.filter((name) => name !== 'sqlite')) {
  test.serial(`${engine}: who was stopped in a transaction for too long is told in a sentence that the lock is gone`, async (t) => {
    const db = await databaseFrom(engine, '4.3.0/fresh');
    t.teardown(() => db.close());
    await insertRevision(db, '4.3.0/fresh');
    const options = { access: 'write', purpose: 'test', timeoutMs: 10_000, lockLeaseMs: 1000 } as const;
    const database = await Database.open(parseDatabaseUrl(db.url), options);
    t.teardown(() => database.close());
    const given = database.write(['masters'], async (tx) => {
      await tx.sql('masters').select();
      standUntilSessionEnds(db.url, await sessionOf(tx));
      await tx.sql('masters').select();
    });
    const error = await t.throwsAsync(given, { instanceOf: Failure });
    t.is(error.code, 'unreachable');
  });
} // prettier-ignore
