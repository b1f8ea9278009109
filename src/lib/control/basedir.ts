import { existsSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../errors.js';
import { loadConfiguration } from './load-config.js';

/** The database of the Buildbot master whose base directory this is. */
export async function readBasedir(
  directory: string,
  loadConfig: boolean,
): Promise<{ url: string; note: string | null }> {
  verifyBasedir(directory);
  if (loadConfig) return { url: (await loadConfiguration(directory)).databaseUrl, note: null };
  const file = path.join(directory, 'state.sqlite');
  if (existsSync(file)) {
    return {
      url: `sqlite:////${file.slice(1)}`,
      note: `Using ${file}; if master.cfg names another database, use --load-config or --db.`,
    };
  }
  throw new Failure('notFound', `${directory} has no state.sqlite, and bbctl does not run master.cfg unasked.`, {
    try: 'Use --load-config, which runs it as Buildbot does, or --db URL.',
  });
}

/** Throws a `Failure` unless it is the base directory of a Buildbot master. */
export function verifyBasedir(directory: string): void {
  if (existsSync(path.join(directory, 'buildbot.tac'))) return;
  throw new Failure(
    'notFound',
    `${directory} is not the base directory of a Buildbot master: it has no buildbot.tac.`,
    {
      try: 'Use --basedir with the folder that "buildbot create-master" made, or --db URL.',
    },
  );
}
