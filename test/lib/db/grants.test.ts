import test from 'ava';
import { checkUp } from '../../../src/lib/check-up.js';
import { readServiceActivity } from '../../../src/lib/db/service-activity.js';
import { grantsOf, type Target } from '../../../src/lib/db/grants.js';
import type { Schema } from '../../../src/lib/db/schema.js';
import { writtenTables } from '../../../src/lib/db/tables.js';
import { rightsOf } from '../../../src/lib/model/privileges.js';
import { cancelRequests } from '../../../src/lib/operations/cancel-requests.js';
import { enableServices } from '../../../src/lib/operations/enable-services.js';
import { rebalanceServices } from '../../../src/lib/operations/move-services.js';
import { readWhy } from '../../../src/lib/why.js';
import { addLivingMaster, heartbeat, otherMaster, restore } from '../../_helpers/clusters.js';
import { engines } from '../../_helpers/database.js';
import { expireDead, openDatabase, temporaryFolder, throughGate, undo } from '../../_helpers/gate-hooks.js';
import { granted } from '../../_helpers/granted.js';
import { killedMaster } from '../../_helpers/killed.js';
import { addPins } from '../../_helpers/published.js';
import { liveAsMaster } from '../../_helpers/master-writes.js';

const schema: Schema = {
  revision: '47',
  buildbot: '0.9.0 to 0.9.10',
  unknownRevision: false,
  withoutTransactions: ['masters'],
  has: (table, column) => ['migrate_version', 'masters', 'schedulers'].includes(table) && column !== 'enabled',
  cascades: () => false,
};
const postgres: Target = {
  engine: 'postgres',
  database: 'd"b',
  schema,
  namespace: { schema: 's"', sequences: new Map([['masters', 'q"']]) },
};
const mysql: Target = { engine: 'mysql', database: 'd`_b', schema, namespace: null };
const anybody = { user: 'u"`\'\\; --', host: "h`'" };

test('only tables and columns that are there are named, and all names are quoted', (t) => {
  t.deepEqual(grantsOf(postgres, 'repair', anybody), {
    create: `CREATE ROLE "u""\`'\\; --" LOGIN`,
    statements: [
      `GRANT CONNECT ON DATABASE "d""b" TO "u""\`'\\; --"`,
      `GRANT USAGE ON SCHEMA "s""" TO "u""\`'\\; --"`,
      `ALTER ROLE "u""\`'\\; --" IN DATABASE "d""b" SET search_path = "s"""`,
      `GRANT SELECT ON TABLE "s"""."migrate_version", "s"""."schedulers" TO "u""\`'\\; --"`,
      `GRANT SELECT, UPDATE ("active", "last_active") ON TABLE "s"""."masters" TO "u""\`'\\; --"`,
    ],
  });
  t.is(grantsOf(postgres, 'run', anybody).statements.at(-1), `GRANT USAGE ON SEQUENCE "s"""."q""" TO "u""\`'\\; --"`);
  const to = `\`u"\`\`'\\; --\`@\`h\`\`'\``;
  t.deepEqual(grantsOf(mysql, 'repair', anybody), {
    create: `CREATE USER ${to} IDENTIFIED BY '…'`,
    statements: [
      `GRANT REFERENCES, LOCK TABLES ON \`d\`\`\\_b\`.* TO ${to}`,
      `GRANT SELECT ON \`d\`\`_b\`.\`migrate_version\` TO ${to}`,
      `GRANT SELECT, UPDATE (\`active\`, \`last_active\`) ON \`d\`\`_b\`.\`masters\` TO ${to}`,
      `GRANT SELECT ON \`d\`\`_b\`.\`schedulers\` TO ${to}`,
    ],
  });
});

test('tables are locked only by who writes, and only where there are no transactions', (t) => {
  const first = (target: Target, userClass: 'read' | 'repair') => grantsOf(target, userClass, anybody).statements[0] ?? ''; // prettier-ignore
  t.notRegex(first(mysql, 'read'), /LOCK/);
  t.notRegex(first({ ...mysql, schema: { ...schema, withoutTransactions: [] } }, 'repair'), /LOCK/);
});

test('a name that is everybody, nobody, or cannot be shown, is refused', (t) => {
  for (const user of ['public', 'PUBLIC', '']) {
    t.throws(() => grantsOf(postgres, 'read', { user, host: '%' }), { name: 'Failure', code: 'usage' });
  }
  for (const target of [postgres, mysql]) {
    const refused = { name: 'Failure', code: 'refused', message: /"a\\u000ab" has characters/ };
    t.throws(() => grantsOf(target, 'read', { user: 'a\nb', host: '%' }), refused);
    t.throws(() => grantsOf(target, 'read', { user: 'a', host: 'a\nb' }), refused);
    t.throws(() => grantsOf({ ...target, database: 'a\nb' }, 'read', anybody), refused);
  }
});

test('the tables that may be repaired are those that bbctl writes, and where services are kept', (t) => {
  t.deepEqual(Object.keys(rightsOf.repair).sort(), [...writtenTables, 'object_state'].sort());
});

/** What a class needs differs between the two MySQL engines in one right to lock. */
const classesOn = { postgres: ['repair', 'run'], innodb: ['repair'], myisam: ['run'] } as const;

for (const engine of engines.filter((one) => one !== 'sqlite')) {
  for (const userClass of classesOn[engine]) {
    test(`${engine}: of the rights to ${userClass} none is missing and none superfluous`, async (t) => {
      t.timeout(600_000);
      const killed = await killedMaster(t, engine, 5000);
      const { db } = killed;
      await addLivingMaster(db);
      // It was added with its id.
      if (engine === 'postgres') await db.exec(`SELECT setval('masters_id_seq', ${otherMaster})`);
      await addPins(db, { 'scheduler 1': otherMaster });
      const who = await granted(t, db, userClass);
      const before = await db.dump();
      const journal = await temporaryFolder(t);
      let hasWritten = false;
      const work = async (): Promise<string> => {
        hasWritten = false;
        await heartbeat(db, otherMaster);
        const found = await lookAtAll(who.url, killed.claimed);
        hasWritten = true;
        if (userClass === 'run') await writeAsMaster(who.url);
        const done = await changeAll(who.url, journal, [killed.claimed, killed.pending]);
        return `${found} ${done}${userClass === 'repair' ? await share(who.url, journal) : ''}`;
      };
      const expected = await work();
      t.regex(expected, / done(,done){4}( done,done)?$/);
      await restore(db, before);
      const superfluous: string[] = [];
      for (const right of who.rights) {
        await right.revoke();
        if ((await work().catch(String)) === expected) superfluous.push(right.name);
        await right.grant();
        if (hasWritten) await restore(db, before);
      }
      // PostgreSQL reads the id that it returns; elsewhere LOCK TABLES alone, where there is need of it, asks for a right to read.
      const always = engine === 'postgres' ? [] : superfluous.filter((name) => /^SELECT .*\.`users`$/.test(name));
      t.deepEqual(superfluous, always);
      t.is(await work(), expected, 'every right is back');
    });
  }
}

/** Everything that is read, as the commands read it; what does not change with the time. */
async function lookAtAll(url: string, request: number): Promise<string> {
  const database = await openDatabase(url);
  try {
    const { cluster, findings } = await checkUp(database, { expireAfter: 600, thorough: true });
    const source = cluster.services.find(({ kind }) => kind === 'changesource');
    const activity = source && (await database.read((tx) => readServiceActivity(tx, source)));
    const why = await readWhy(database, { request: `${request}`, buildset: undefined, expireAfter: 600 });
    return JSON.stringify([findings.map(({ id }) => id), activity, why.map(({ links }) => links.map(({ state }) => state))]); // prettier-ignore
  } finally {
    await database.close();
  }
}

/** Changes that touch every table that any change does. */
async function changeAll(url: string, journal: string, requests: number[]): Promise<string> {
  const expired = await throughGate(url, expireDead(), { journal });
  const cancelled = await throughGate(url, cancelRequests({ requests: requests.map(String), inventory: null, unservable: false, builders: [], expireAfter: 600 }), { journal }); // prettier-ignore
  const reports = [expired, cancelled];
  for (const { journal: id } of [cancelled, expired]) reports.push((await undo(url, journal, id ?? 0)) as never);
  const disabled = await throughGate(url, enableServices({ services: ['any'], enabled: false }), { journal });
  return [...reports, disabled].map(({ status }) => status).join();
}

/** Where services are kept is a person's to say: no master does. */
async function share(url: string, journal: string): Promise<string> {
  const shared = await throughGate(url, rebalanceServices(), { journal });
  const kept = await undo(url, journal, shared.journal ?? 0);
  return ` ${shared.status},${kept.status}`;
}

/** What it writes does not stay, where there are transactions. */
async function writeAsMaster(url: string): Promise<void> {
  const database = await openDatabase(url, 'write');
  const enough = new Error('taken back');
  try {
    await database.write([], async (tx) => {
      await liveAsMaster(tx);
      throw enough;
    });
  } catch (error) {
    if (error !== enough) throw error;
  } finally {
    await database.close();
  }
}
