import { execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Failure } from '../errors.js';
import type { LoadedMaster } from '../model/draft.js';

/** What Buildbot's own loader makes of a `master.cfg`; of everything else in it nothing leaves the program below. */
export interface LoadedConfiguration {
  /** As SQLAlchemy writes it. */
  readonly databaseUrl: string;
  readonly master: LoadedMaster;
  /** Of Buildbot: `3.7.0`; `null`: it does not say. */
  readonly version: string | null;
  /** Of the schema that it starts on; `null`: that is not to be found. */
  readonly revision: number | null;
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
import buildbot, re
migrations = os.path.join(os.path.dirname(os.path.abspath(buildbot.__file__)), 'db', '%s', 'versions')
folders = [migrations % name for name in ('migrate', 'migrations')]
files = [name for folder in folders if os.path.isdir(folder) for name in os.listdir(folder)]
revisions = [int(number) for name in files for number in re.findall(r'^(\\d+)_.*\\.py$', name)]
about = {'version': str(getattr(buildbot, 'version', '')) or None, 'revision': max(revisions) if revisions else None}
os.write(answer, json.dumps(dict(about, databaseUrl=str(url), master=master)).encode('ascii'))
`;

const loads = new Map<string, Promise<LoadedConfiguration>>();

/**
 * Runs `master.cfg`, once for each folder, and without letting it print. By the Buildbot of this interpreter; without
 * one by the `buildbot` on the path.
 */
export function loadConfiguration(directory: string, python?: string): Promise<LoadedConfiguration> {
  const folder = path.resolve(directory);
  const interpreter = python ?? buildbotPython();
  const key = JSON.stringify([folder, interpreter]);
  const load = loads.get(key) ?? loadOnce(folder, interpreter);
  loads.set(key, load);
  return load;
}

async function loadOnce(directory: string, python: string): Promise<LoadedConfiguration> {
  try {
    const options = { timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(python, ['-c', program, directory], options);
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

/** It may live in a virtualenv. */
function buildbotPython(): string {
  return pythonOf('buildbot', process.cwd()) ?? 'python3';
}

/**
 * The interpreter that a program of this machine runs in, itself one or a script of one; `null`: it is neither, or not
 * there. `folder`: from where relative paths lead.
 */
export function pythonOf(program: string, folder: string): string | null {
  const file = program.includes('/') ? path.resolve(folder, program) : onPath(program);
  if (file === null || !existsSync(file)) return null;
  if (/^python[\d.]*$/.test(path.basename(file))) return file;
  const interpreter = /^#!\s*(\S+)/.exec(firstCharacters(file))?.[1];
  return interpreter && /^python[\d.]*$/.test(path.basename(interpreter)) ? interpreter : null;
}

function onPath(program: string): string | null {
  const files = (process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, program));
  return files.find((file) => existsSync(file)) ?? null;
}

/** As much as a system reads of it; none where it cannot be read. */
function firstCharacters(file: string): string {
  try {
    const [descriptor, start] = [openSync(file, 'r'), Buffer.alloc(256)];
    try {
      return start.toString('latin1', 0, readSync(descriptor, start));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}
