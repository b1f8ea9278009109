import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../errors.js';
import type { LoadedMaster } from '../model/draft.js';

/** What Buildbot's own loader makes of a `master.cfg`; of everything else in it nothing leaves the program below. */
export interface LoadedConfiguration {
  /** As SQLAlchemy writes it. */
  readonly databaseUrl: string;
  readonly master: LoadedMaster;
}

/** Asks the Buildbot that is installed; the program is ours, the loader its own. What master.cfg prints is thrown away. */
const program = `
import json, os, sys
directory = os.path.abspath(sys.argv[1])
os.chdir(directory)
sys.path.insert(0, directory)
answer = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
try:
    from buildbot.config.master import FileLoader
except ImportError:
    from buildbot.config import FileLoader
from buildbot.scripts.base import getConfigFileFromTac
config = FileLoader(directory, getConfigFileFromTac(directory)).loadConfig()
db = config.db
url = db['db_url'] if isinstance(db, dict) else db.db_url

def service(name, thing):
    return {'name': str(name), 'className': type(thing).__module__ + '.' + type(thing).__name__}

def named(things, attribute='name'):
    return [(str(getattr(thing, attribute)), thing) for thing in things if getattr(thing, attribute, None) is not None]

master = {
    'name': '%s:%s' % (os.getenv('BUILDMASTER_HOSTNAME') or os.uname()[1], directory),
    'builders': [{'name': name, 'workers': [str(worker) for worker in builder.workernames]} for name, builder in named(config.builders)],
    'workers': [name for name, _ in named(config.workers, 'workername')],
    'schedulers': [service(name, thing) for name, thing in config.schedulers.items()],
    'changeSources': [service(name, thing) for name, thing in named(config.change_sources)],
}
os.write(answer, json.dumps({'databaseUrl': str(url), 'master': master}).encode('ascii'))
`;

const loads = new Map<string, Promise<LoadedConfiguration>>();

/** Runs `master.cfg`, once for each folder, and without letting it print. */
export function loadConfiguration(directory: string): Promise<LoadedConfiguration> {
  const folder = path.resolve(directory);
  const load = loads.get(folder) ?? loadOnce(folder);
  loads.set(folder, load);
  return load;
}

async function loadOnce(directory: string): Promise<LoadedConfiguration> {
  try {
    const options = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(buildbotPython(), ['-c', program, directory], options);
    return JSON.parse(stdout) as LoadedConfiguration;
  } catch (error) {
    const last = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1) ?? (error as Error).message;
    throw new Failure('usage', `Buildbot could not load the configuration in ${directory}: ${withoutPasswords(last)}`, {
      try: 'Try "buildbot checkconfig" there, or use --db URL.',
      cause: error,
    });
  }
}

/** Buildbot quotes a URL that it does not understand. */
function withoutPasswords(text: string): string {
  return text.replace(/:\/\/[^@\s]*@/g, '://…@');
}

/** The interpreter of the `buildbot` on the path: it may live in a virtualenv. */
function buildbotPython(): string {
  const script = (process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, 'buildbot')).find((file) => existsSync(file)); // prettier-ignore
  const shebang = script ? /^#!\s*(\S+)/.exec(readFileSync(script, 'utf8'))?.[1] : undefined;
  return shebang && !shebang.endsWith('/env') ? shebang : 'python3';
}
