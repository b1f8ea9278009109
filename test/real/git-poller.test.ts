// A poller of Buildbot and one of bbctl: what they write, and that each goes on where the other one stopped.
import type { ExecutionContext } from 'ava';
import type { ChangeSourceConfig } from '../../src/lib/model/cluster-config.js';
import { GitPoller } from '../../src/lib/runtime/sources/git-poller.js';
import type { ServiceContext } from '../../src/lib/runtime/service.js';
import { createSite, realTest, until, type Master } from '../_helpers/buildbot.js';
import { emptyDatabase, type EngineName, type TestDatabase } from '../_helpers/database.js';
import { createRepository, temporaryFolder, type GitRepository } from '../_helpers/git-repository.js';
import { interruptedAfterChanges, pollerConfig, readLastRev } from '../_helpers/polling.js';
import { freeContext, openFor } from '../_helpers/service-context.js';

for (const engine of ['postgres', 'myisam'] as const) {
  realTest(
    engine,
    `pollers of Buildbot and bbctl write the same and go on from each other, on ${engine}`,
    async (t) => {
      const { db, master, repository } = await site(t, engine);
      const first = repository.head('main');
      await master.start();
      await until('Buildbot has seen the branch', async () => (await head(db)) === first);
      commitOddities(repository);
      await until('Buildbot has polled', async () => (await head(db)) === repository.head('main'));
      await master.stop();

      const theirs = await readChanges(db);
      t.is(theirs.length, 9);
      const context = freeContext(await openFor(t, db), { id: 1, name: 'ours', kind: 'changesource' });
      const poll = pollerOf(t, repository, context);
      await seedState(db, first);
      await poll('ours');
      const ours = (await readChanges(db)).slice(theirs.length);
      t.deepEqual(withoutIds(ours), withoutIds(theirs));
      t.deepEqual(ours.map(({ row }) => row['sourcestampid']), theirs.map(({ row }) => row['sourcestampid'])); // prettier-ignore
      const all = [...theirs, ...ours];
      t.deepEqual(all.map(({ row }) => row['parent_changeids']), [null, ...all.slice(0, -1).map(({ row }) => row['changeid'])]); // prettier-ignore

      const since = all.length;
      const comments = async (): Promise<unknown[]> => (await readChanges(db)).slice(since).map(({ row }) => row['comments']); // prettier-ignore
      repository.commit('main', ['x 1', 'x 2']);
      await poll('poller');
      t.deepEqual(await comments(), ['x 1', 'x 2']);
      const pushed = pushMany(repository);
      await poll('poller', interruptedAfterChanges(context));
      const part = (await comments()).slice(2);
      t.deepEqual(part, pushed.slice(0, 50));
      await master.start();
      await until('Buildbot has gone on', async () => (await head(db)) === repository.head('main'));
      t.deepEqual([...(await comments()).slice(2)].sort(), [...pushed].sort());
      await master.stop();
      await poll('poller');
      t.is((await comments()).length, 2 + pushed.length);
    },
  );
}

async function site(
  t: ExecutionContext,
  engine: EngineName,
): Promise<{ db: TestDatabase; master: Master; repository: GitRepository }> {
  const db = await emptyDatabase(engine);
  t.teardown(() => db.close());
  const repository = createRepository(t);
  repository.commit('main', ['first'], { files: ['a'], content: 'a\n'.repeat(50) });
  const { addMaster } = await createSite(t, db.url, { repository: repository.path, withoutBuilders: ['quick'] });
  return { db, repository, master: await addMaster('a') };
}

function commitOddities(repository: GitRepository): void {
  const [root = ''] = repository.commit('main', ['subject\nstill subject\n\n  body  \n\nmore\n\n']);
  repository.commit('main', ['names'], { files: ['ä b', 'q"x', 'back\\slash', 'tab\tx', 'two/three', 'plain name'] });
  repository.commit('main', ['renamed'], { files: ['renamed'], removed: ['a'], content: 'a\n'.repeat(50) });
  repository.commit('main', ['  spaces and \t tabs  '], { author: 'Å  Ö <a@ö.invalid>', committer: 'C <c@b.invalid>' });
  repository.commit('main', ['nothing'], { files: [] });
  repository.commit('side', ['side 1', 'side 2'], { from: root });
  repository.merge('main', 'side');
  repository.commit('main', ['last']);
}

/** Two lines of 40 commits that meet, and one that goes on. */
function pushMany(repository: GitRepository): string[] {
  const many = (title: string): string[] => Array.from({ length: 40 }, (_, index) => `${title} ${index}`);
  const base = repository.head('main');
  repository.commit('main', many('y'));
  repository.set('side', base);
  repository.commit('side', many('z'));
  repository.merge('main', 'side');
  repository.commit('main', many('last'));
  return repository.git('log', '--date-order', '--reverse', '--format=%s', `${base}..main`).split('\n');
}

type Poll = (name: string, interrupted?: ServiceContext) => Promise<void>;

function pollerOf(t: ExecutionContext, repository: GitRepository, context: ServiceContext): Poll {
  const workDir = temporaryFolder(t);
  return async (name, where = context) => {
    const like: Partial<ChangeSourceConfig> = { name, branches: ['main'], project: '', codebase: '' };
    await new GitPoller(pollerConfig(repository.path, like), { workDir }).turn(where);
  };
}

async function head(db: TestDatabase): Promise<unknown> {
  const state = (await readLastRev(db, 'poller')) as Record<string, string> | undefined;
  return state?.['main'];
}

async function seedState(db: TestDatabase, revision: string): Promise<void> {
  await db.query(`INSERT INTO objects (name, class_name) VALUES ('ours', 'GitPoller')`);
  await db.query(
    `INSERT INTO object_state (objectid, name, value_json) SELECT id, 'lastRev', ? FROM objects WHERE name = 'ours'`,
    [JSON.stringify({ main: revision })],
  );
}

interface ChangeRows {
  readonly row: Record<string, unknown>;
  readonly parts: unknown;
}

async function readChanges(db: TestDatabase): Promise<ChangeRows[]> {
  const rows = await db.query('SELECT * FROM changes ORDER BY changeid');
  const read = async (row: Record<string, unknown>): Promise<ChangeRows> => {
    const id = [row['changeid']];
    const files = await db.query('SELECT filename FROM change_files WHERE changeid = ? ORDER BY filename', id);
    const properties = await db.query('SELECT property_name FROM change_properties WHERE changeid = ?', id);
    const users = await db.query(
      `SELECT u.*, i.attr_type, i.attr_data FROM change_users c JOIN users u ON u.uid = c.uid JOIN users_info i ON i.uid = u.uid WHERE c.changeid = ?`,
      id,
    );
    return { row, parts: { files, properties, users } };
  };
  const changes: ChangeRows[] = [];
  for (const row of rows) changes.push(await read(row));
  return changes;
}

function withoutIds(changes: readonly ChangeRows[]): unknown[] {
  return changes.map(({ row, parts }) => ({ ...row, changeid: 0, parent_changeids: 0, parts }));
}
