import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../errors.js';

/** The database of the Buildbot master whose base directory this is. */
export async function readBasedir(
  directory: string,
  loadConfig: boolean,
): Promise<{ url: string; note: string | null }> {
  if (!existsSync(path.join(directory, 'buildbot.tac'))) {
    throw new Failure(
      'notFound',
      `${directory} is not the base directory of a Buildbot master: it has no buildbot.tac.`,
      { try: 'Use --basedir with the folder that "buildbot create-master" made, or --db URL.' },
    );
  }
  if (loadConfig) return { url: await loadDatabaseUrl(directory), note: null };
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

/** Asks the Buildbot that is installed; the program is ours, the loader its own. */
const program = `
import json, os, sys
directory = sys.argv[1]
os.chdir(directory)
sys.path.insert(0, directory)
try:
    from buildbot.config.master import FileLoader
except ImportError:
    from buildbot.config import FileLoader
from buildbot.scripts.base import getConfigFileFromTac
config = FileLoader(directory, getConfigFileFromTac(directory)).loadConfig()
db = config.db
url = db['db_url'] if isinstance(db, dict) else db.db_url
sys.stdout.write('\\n' + json.dumps({'db_url': url}) + '\\n')
`;

async function loadDatabaseUrl(directory: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(buildbotPython(), ['-c', program, directory], { timeout: 60_000 });
    const last = stdout.trim().split('\n').at(-1) ?? '';
    return (JSON.parse(last) as { db_url: string }).db_url;
  } catch (error) {
    const detail = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? (error as Error).message;
    throw new Failure('usage', `Buildbot could not load the configuration in ${directory}: ${detail}`, {
      try: 'Try "buildbot checkconfig" there, or use --db URL.',
      cause: error,
    });
  }
}

/** The interpreter of the `buildbot` on the path: it may live in a virtualenv. */
function buildbotPython(): string {
  const script = (process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, 'buildbot')).find((file) => existsSync(file)); // prettier-ignore
  const shebang = script ? /^#!\s*(\S+)/.exec(readFileSync(script, 'utf8'))?.[1] : undefined;
  return shebang && !shebang.endsWith('/env') ? shebang : 'python3';
}
