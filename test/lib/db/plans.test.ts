/* On any size a snapshot sends a handful of statements, and none of them reads a large table from end to end. */
import test, { type ExecutionContext } from 'ava';
import { Database, type Transaction } from '../../../src/lib/db/connect.js';
import { mark, readMarks } from '../../../src/lib/db/announcements.js';
import { readContents } from '../../../src/lib/db/buildset-contents.js';
import { readNewestPending, readPending } from '../../../src/lib/db/pending-requests.js';
import { readEarlierBuilds, readLastNumbers } from '../../../src/lib/db/running-builds.js';
import { readView } from '../../../src/lib/db/cluster-view.js';
import { drainFacts } from '../../../src/lib/db/drain-facts.js';
import { holdClaim } from '../../../src/lib/db/fence.js';
import { beat, enrol } from '../../../src/lib/db/membership.js';
import { claimTables } from '../../../src/lib/db/service-claims.js';
import { noOffer } from '../../../src/lib/model/run.js';
import { findBuilds } from '../../../src/lib/db/build-lists.js';
import { readLastBuilds } from '../../../src/lib/db/builder-lists.js';
import { readDetails } from '../../../src/lib/db/details.js';
import { readLastBuildsOfWorkers } from '../../../src/lib/db/last-uses.js';
import { readQuestioned, requestsOfBuildset } from '../../../src/lib/db/questions.js';
import { findRequests, listRequests, oldestPending } from '../../../src/lib/db/request-lists.js';
import { writeRows } from '../../../src/lib/db/rows.js';
import { snapshot } from '../../../src/lib/db/snapshot.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { expireMasters } from '../../../src/lib/operations/expire-masters.js';
import { engines, type TestDatabase } from '../../_helpers/database.js';
import { analyze, analyzeAsOpen, finished, largeDatabase, silentMaster } from '../../_helpers/large-database.js';
import { scansOf, statementsOf, type Statement } from '../../_helpers/plans.js';

const mostStatements = 20;
/** With the snapshot; a thorough one also looks at each reference between small tables. */
const mostOfCheckUp = 60;

const builderIds = Array.from({ length: 200 }, (_, index) => index + 1);
const ids = [1, 17, finished, finished + 1, finished + 60, 1_000_000];

/** Whatever commands read of the tables that grow. */
const looks: Readonly<Record<string, (tx: Transaction) => Promise<unknown>>> = {
  'a snapshot': (tx) => snapshot(tx, 'test'),
  'a deep snapshot': (tx) => snapshot(tx, 'test', { deep: true }),
  'a snapshot in which all hearts are silent': (tx) => snapshot(tx, 'test', { expireAfter: -1 }),
  'open requests': (tx) => listRequests(tx, { pending: false, limit: 10_000 }),
  'the oldest open requests': (tx) => listRequests(tx, { pending: false, limit: 10 }),
  'pending requests': (tx) => listRequests(tx, { pending: true, limit: 10_000 }),
  'the oldest pending request': (tx) => listRequests(tx, { pending: true, limit: 1 }),
  'the last build of each builder': (tx) => readLastBuilds(tx, builderIds),
  'the last build of one builder': (tx) => readLastBuilds(tx, [7]),
  'the last build on one worker': (tx) => readLastBuildsOfWorkers(tx, [7]),
  'the last builds on some workers': (tx) => readLastBuildsOfWorkers(tx, [3, 5, 1_000_000]),
  'named requests': (tx) => findRequests(tx, ids),
  'a check-up': async (tx) => readDetails(tx, await snapshot(tx, 'test'), { thorough: false }),
  'a thorough check-up': async (tx) => readDetails(tx, await snapshot(tx, 'test', { deep: true }), { thorough: true }),
  'a check-up in which all hearts are silent': async (tx) =>
    readDetails(tx, await snapshot(tx, 'test', { expireAfter: -1 }), { thorough: true }),
  'why requests are not built': (tx) => readQuestioned(tx, ids),
  'the requests of a buildset': (tx) => requestsOfBuildset(tx, finished + 1),
  'the oldest pending request of a builder': (tx) => oldestPending(tx, 7),
  'named builds': (tx) => findBuilds(tx, ids),
  'what a master that drains has left': (tx) => drainFacts(tx, 'test', [1]),
  'what a master looks at': (tx) => readView(tx),
  'what masters announce': (tx) => readMarks(tx),
  'requests that a master could build': (tx) => readPending(tx, { builderIds: [1, 2, 7], which: 'all', limit: 102 }),
  'requests that running builds wait for': (tx) => readPending(tx, { builderIds: [1, 2, 7], which: 'waited for', limit: 102 }), // prettier-ignore
  'equal requests': (tx) => readNewestPending(tx, [7], 1000),
  'what was built for requests before': (tx) => readEarlierBuilds(tx, 1, [1, 17, finished]),
  'the last numbers of builders': (tx) => readLastNumbers(tx, [1, 7]),
  'the contents of buildsets': (tx) => readContents(tx, [1, 17, finished]),
};

/** A column of a large table that has no index on any engine; of those that have one that is a number. */
const withoutIndex: Readonly<Record<string, string>> = {
  builds: 'complete_at',
  steps: 'complete_at',
  logs: 'complete',
  logchunks: 'compressed',
  buildrequests: 'priority',
  buildrequest_claims: 'claimed_at',
  buildsets: 'results',
};

const keys: Readonly<Record<string, string>> = { logchunks: 'logid', buildrequest_claims: 'brid' };

const takenBack = new Error('taken back');

/** All that a master sends while there is nothing to do. */
async function beatOnce(tx: Transaction): Promise<void> {
  const me = await enrol(tx, { name: 'idle', incarnation: 'one', expireAfter: 3600, offer: noOffer }, null);
  await beat(tx, me);
  await holdClaim(tx, 'scheduler', 1, me.id).catch(() => {});
  await mark(tx, ['changes']);
}

async function opened(t: ExecutionContext, db: TestDatabase, access: 'read' | 'write'): Promise<Database> {
  const database = await Database.open(parseDatabaseUrl(db.url), { access, timeoutMs: 30_000, purpose: 'test' });
  t.teardown(() => database.close());
  return database;
}

/** All of them are said, not the first one only. */
async function scansAmong(tx: Transaction, what: string, sent: Statement[]): Promise<string[]> {
  const found: string[] = [];
  for (const statement of sent) {
    const { tables, plan } = await scansOf(tx, statement);
    if (tables.length > 0) found.push(`${what} scans ${tables.join(', ')}: ${plan}`);
  }
  return found;
}

async function verifyLooks(t: ExecutionContext, database: Database, statistics: string): Promise<void> {
  const found: string[] = [];
  for (const [what, look] of Object.entries(looks)) {
    await database.read(async (tx) => {
      const sent = await statementsOf(tx, () => look(tx));
      const most = what.includes('check-up') ? mostOfCheckUp : mostStatements;
      t.true(sent.length > 0 && sent.length <= most, `${what} sends ${sent.length} statements`);
      found.push(...(await scansAmong(tx, `${statistics}: ${what}`, sent)));
    });
  }
  t.deepEqual(found, [], found.join('\n'));
}

for (const engine of engines) {
  test(`${engine}: a scan is recognised as one`, async (t) => {
    const db = await largeDatabase(t, engine);
    const reading = await opened(t, db, 'read');
    for (const [table, column] of Object.entries(withoutIndex)) {
      const key = keys[table] ?? 'id';
      await reading.read(async (tx) => {
        const scanning = [
          () => tx.sql(table).where(column, 7),
          () => tx.sql(`${table} as x`).where(`x.${column}`, 7),
          () => tx.sql('masters as m').join(`${table} as x`, `x.${column}`, 'm.last_active'),
          () => tx.sql(table).max(column),
          // The whole of an index is no less than the whole of its table.
          () => tx.sql(table).select(key).orderBy(key),
        ];
        for (const scan of scanning) {
          const [sent] = await statementsOf(tx, async () => void (await scan()));
          if (!sent) throw new Error('nothing was sent');
          const { tables, plan } = await scansOf(tx, sent);
          t.deepEqual(tables, [table], plan);
        }
      });
    }
  });

  test(`${engine}: nothing that is read scans a large table, and nothing that a repair does`, async (t) => {
    const db = await largeDatabase(t, engine);
    await verifyLooks(t, await opened(t, db, 'read'), 'without statistics');
    // PostgreSQL believes them; MySQL looks into the index, and SQLite's are made only where an administrator does it.
    if (engine === 'postgres') {
      await analyzeAsOpen(db);
      await verifyLooks(t, await opened(t, db, 'read'), 'with old statistics');
    }
    await analyze(db);
    const reading = await opened(t, db, 'read');
    await verifyLooks(t, reading, 'with statistics');

    // Its rows were added with their ids.
    if (engine === 'postgres') await db.exec(`SELECT setval('masters_id_seq', 9000); SELECT setval('objects_id_seq', 9000)`); // prettier-ignore
    const member = await opened(t, db, 'write');
    await member.write([...claimTables, 'changes'], async (tx) => {
      const sent = await statementsOf(tx, () => beatOnce(tx));
      const found = await scansAmong(tx, 'a heartbeat', sent);
      t.deepEqual(found, [], found.join('\n'));
      throw takenBack;
    }).catch((error: unknown) => t.is(error, takenBack)); // prettier-ignore

    const operation = expireMasters({ masters: [], expireAfter: 660, force: false });
    const { steps } = operation.plan(await operation.read(reading));
    t.deepEqual([...new Set(steps.map((step) => step.master.id))], [silentMaster]);
    t.deepEqual(steps.map((step) => step.kind), ['finish builds', 'release requests', 'deactivate']); // prettier-ignore
    const writing = await opened(t, db, 'write');
    for (const step of steps) {
      await writing.write(operation.tables, async (tx) => {
        const sent = await statementsOf(tx, async () => writeRows(tx, await operation.work(tx, step)));
        const found = await scansAmong(tx, step.kind, sent);
        t.deepEqual(found, [], found.join('\n'));
      });
    }
  });
}
