// Databases that are not what bbctl knows: each has its own refusal, and what may be read is never written unasked.
import test from 'ava';
import type { Failure } from '../../../src/lib/errors.js';
import { bbctl } from '../../_helpers/cli.js';
import { deadMaster } from '../../_helpers/clusters.js';
import { diffDumps, emptyDatabase, engines } from '../../_helpers/database.js';
import { openDatabase } from '../../_helpers/gate-hooks.js';

interface Json {
  error: { code: string; message: string; try: string };
}

const foreign: [what: string, script: string, message: RegExp][] = [
  ['an empty database', '', / is empty\.$/],
  ['the tables of another program', 'CREATE TABLE invoices (id INTEGER); CREATE TABLE version (version INTEGER)', /is not a Buildbot database: it has 2 tables/],
  ['another program that uses alembic', "CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('1975ea83b712'); CREATE TABLE users (id INTEGER)", /is not a Buildbot database/],
  ['Buildbot 0.8', 'CREATE TABLE version (version INTEGER); CREATE TABLE buildrequests (id INTEGER); CREATE TABLE builds (id INTEGER)', /before 0\.9\.0 \(0\.8\)/],
  ['Buildbot 0.8.8, migrated', 'CREATE TABLE migrate_version (repository_id VARCHAR(250), version INTEGER); INSERT INTO migrate_version VALUES (\'Buildbot\', 20); CREATE TABLE buildrequests (id INTEGER)', /before 0\.9\.0/],
  ['a revision before 0.9', 'CREATE TABLE migrate_version (repository_id VARCHAR(250), version INTEGER); INSERT INTO migrate_version VALUES (\'Buildbot\', 40); CREATE TABLE masters (id INTEGER); CREATE TABLE buildrequests (id INTEGER)', /before 0\.9\.0 \(revision 40\)/],
  ['a revision and hardly a table', "CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('059'); CREATE TABLE masters (id INTEGER)", /of revision 059, but has no table builders, builder_masters, /],
  ['no revision', 'CREATE TABLE alembic_version (version_num VARCHAR(32)); CREATE TABLE masters (id INTEGER)', /has 0 rows in alembic_version/],
  ['two revisions', "CREATE TABLE alembic_version (version_num VARCHAR(32)); INSERT INTO alembic_version VALUES ('058'), ('059'); CREATE TABLE masters (id INTEGER)", /has 2 rows in alembic_version/],
]; // prettier-ignore

for (const engine of engines.filter((one) => one !== 'innodb')) {
  for (const [what, script, message] of foreign) {
    test(`${engine}: ${what} is refused, status 10`, async (t) => {
      const db = await emptyDatabase(engine);
      t.teardown(() => db.close());
      if (script !== '') await db.exec(script);
      const before = await db.dump();
      for (const access of ['read', 'write'] as const) {
        const failure = await t.throwsAsync(openDatabase(db.url, access), { message });
        t.like(failure, { name: 'Failure', code: 'schema', exitCode: 10 });
        t.truthy((failure as Failure).try);
      }
      t.deepEqual(await db.dump(), before);
    });
  }

  for (const revision of ['068', 'abc', '1a2b3c4d5e6f']) {
    test(`${engine}: revision ${revision} is read with a warning, and written only with --allow-unknown-schema`, async (t) => {
      const db = await deadMaster(t, engine);
      await db.query('UPDATE alembic_version SET version_num = ?', [revision]);
      const before = await db.dump();
      const status = (await bbctl(['status', '--json'], { db: db.url })).json() as { findings: { id: string; severity: string; message: string }[] }; // prettier-ignore
      const finding = status.findings.find(({ id }) => id === 'schema-unknown');
      t.like(finding, { severity: 'warning' });
      t.true(finding?.message.includes(revision));
      t.is((await bbctl(['masters', 'expire', '--dry-run'], { db: db.url })).status, 0);
      const refused = await bbctl(['masters', 'expire', '--yes', '--json'], { db: db.url });
      t.is(refused.status, 10);
      const { error } = refused.json() as Json;
      t.is(error.code, 'schema');
      t.regex(error.try, /--allow-unknown-schema/);
      t.deepEqual(diffDumps(before, await db.dump()), []);
      t.is((await bbctl(['masters', 'expire', '--yes', '--allow-unknown-schema'], { db: db.url })).status, 0);
      t.notDeepEqual(diffDumps(before, await db.dump()), []);
    });
  }

  for (const [table, column] of [['masters', 'last_active'], ['buildrequests', 'complete'], ['builds', 'masterid']] as const) {
    test(`${engine}: ${table} without the column ${column} is refused with a sentence, not with a stack`, async (t) => {
      const db = await deadMaster(t, engine);
      await db.exec(`ALTER TABLE ${db.quote(table)} RENAME COLUMN ${column} TO something_else`);
      const result = await bbctl(['status', '--json'], { db: db.url });
      t.is(result.status, 10);
      const { error } = result.json() as Json;
      t.is(error.code, 'schema');
      t.regex(error.message, new RegExp(`are not as Buildbot makes them: .*${column}`));
    });
  } // prettier-ignore
}
