import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanEnvironment, run } from './process.js';

export interface Repository {
  url: string;
  commit(message: string): Promise<void>;
}

const AUTHOR = {
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@b.invalid',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@b.invalid',
};

export async function createRepository(home: string): Promise<Repository> {
  const bare = join(home, 'repository.git');
  const work = join(home, 'work');
  await mkdir(work);
  const git = (...args: string[]) => run('git', args, { cwd: work, env: cleanEnvironment(home, AUTHOR) });
  const commit = async (message: string) => {
    await git('commit', '--quiet', '--allow-empty', '--message', message);
    await git('push', '--quiet', bare, 'main');
  };
  await git('init', '--quiet', '--bare', '--initial-branch=main', bare);
  await git('init', '--quiet', '--initial-branch=main');
  await commit('first');
  return { url: bare, commit };
}
