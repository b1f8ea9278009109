// Whatever becomes of a poller while it writes, each commit is a change once.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { GitPoller } from '../../../../src/lib/runtime/sources/git-poller.js';
import { engines, type EngineName } from '../../../_helpers/database.js';
import { temporaryFolder, type GitRepository } from '../../../_helpers/git-repository.js';
import { pollerConfig, startPolling, type Polling } from '../../../_helpers/polling.js';
import { freeContext, openFor } from '../../../_helpers/service-context.js';

/** 111 commits in each round, of which a third came in by merges, and a branch that has some of them. */
function push(repository: GitRepository, rounds: number): string[] {
  for (let round = 0; round < rounds; round++) {
    repository.commit(`side-${round}`, messages(`side ${round}`, 37), { from: repository.head('main') });
    repository.commit('main', messages(`main ${round}`, 73));
    repository.merge('main', `side-${round}`);
    if (round !== 1) repository.remove(`side-${round}`);
  }
  return repository.git('log', '--date-order', '--reverse', '--format=%s', 'main').split('\n').slice(1);
}

function messages(title: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${title} ${index}`);
}

/** The signal that ended it, or else how often it wrote. */
async function pollInProcess({ db, repository, workDir }: Polling, killBefore = 0): Promise<string> {
  const program = new URL('../../../_helpers/polling-process.js', import.meta.url).pathname;
  const args = [program, db.url, repository.path, workDir, String(killBefore)];
  try {
    return (await promisify(execFile)(process.execPath, args)).stdout;
  } catch (error) {
    const { signal } = error as { signal: string | null };
    if (signal === null) throw error;
    return signal;
  }
}

async function verifyWhole(
  t: ExecutionContext,
  { db, changes, state, repository }: Polling,
  expected: readonly string[],
): Promise<void> {
  const written = (await changes()).map((change) => change.replace(/^\S+ /, ''));
  t.deepEqual(written, expected);
  const heads = { 'refs/heads/main': repository.head('main'), 'refs/heads/side-1': repository.head('side-1') };
  t.deepEqual(await state(), heads);
  const parts = await db.query(
    `SELECT c.changeid AS id, (SELECT COUNT(*) FROM change_files f WHERE f.changeid = c.changeid) AS files,
       (SELECT COUNT(*) FROM change_users u WHERE u.changeid = c.changeid) AS users
     FROM changes c WHERE c.comments LIKE 'main %' OR c.comments LIKE 'side %'`,
  );
  t.deepEqual(parts.filter(({ files, users }) => Number(files) !== 1 || Number(users) !== 1), []); // prettier-ignore
}

/** Before the first write, in the first piece, at its state, in the middle of the next ones; all without transactions. */
const killsOn: Readonly<Record<EngineName, readonly number[]>> = {
  myisam: [1, 2, 5, 250, 301, 600, 777, 1403],
  innodb: [2, 250, 600, 1403],
  postgres: [1, 5, 301, 777],
  sqlite: [1, 250, 301, 1403],
};

for (const engine of engines) {
  test.serial(`${engine}: a poller is killed again and again while it writes a thousand commits`, async (t) => {
    const polling = await startPolling(t, engine);
    polling.repository.commit('main', ['first']);
    await polling.poll();
    t.deepEqual(polling.log.said, []);
    const expected = push(polling.repository, 9);
    for (const killBefore of killsOn[engine]) {
      t.is(await pollInProcess(polling, killBefore), 'SIGKILL');
    }
    t.regex(await pollInProcess(polling), /^\d+$/);
    await verifyWhole(t, polling, expected);
    t.regex(await pollInProcess(polling), /^\d+$/);
    t.deepEqual(await polling.changes(), []);
  });

  test(`${engine}: two pollers that both believe to hold the service do not double anything`, async (t) => {
    const polling = await startPolling(t, engine);
    const { db, repository } = polling;
    repository.commit('main', ['first']);
    await polling.poll();
    const expected = push(repository, 2);
    const poll = async (): Promise<void> => {
      const context = freeContext(await openFor(t, db), { id: 1, name: 'own-poller', kind: 'changesource' });
      const poller = new GitPoller(pollerConfig(repository.path), { workDir: temporaryFolder(t) });
      while ((await poller.turn(context)) === 0);
    };
    await Promise.all([poll(), poll()]);
    await verifyWhole(t, polling, expected);
  });
}
