import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanEnvironment, run } from './process.js';

const TEMPLATE = new URL('../../../../test/_helpers/buildbot/master.cfg', import.meta.url);

/** What master.cfg reads. */
export interface Settings {
  databaseUrl: string;
  /** The builder `slow` builds until the file `open` is in this directory. */
  gate: string;
  /** A git repository to poll; null for no change source. */
  repository: string | null;
  servicePollSeconds: number;
  /** While the process of this pid file lives no service is claimed; `null`: whenever one is free. */
  claimsAfter: string | null;
  heartbeatSeconds: number;
  /** 0 for no periodic scheduler. */
  periodSeconds: number;
  /** A nightly scheduler that fires every minute, for the builder `quick`. */
  everyMinute: boolean;
  /** Of the scheduler of changes; `null`: each change at once. */
  treeStableSeconds: number | null;
  /** A worker of its own for the builder `tick`, or `light`. */
  tickWorker: string;
  /** The worker of the builder `slow` is one that connects, with this password; `null`: a process of the master's. */
  heavyPassword: string | null;
  /** Where it listens for workers; 0: anywhere. */
  workerPort: number;
  /** The same of REST. */
  webPort: number;
  /** Workers that connect, too, with the password of `heavy`: builds of `tally` are for all of them, those of `lonely` for the first. */
  countingWorkers: readonly string[];
  /** The environment of their step, with properties in it. */
  countingEnv: Readonly<Record<string, string>>;
  /** The file of the step. */
  countingStep: string;
  /** Builders that only make a start take longer. */
  spareBuilders: number;
  /** Builders that have another name now. */
  renamed: Readonly<Record<string, string>>;
  /** Builders and schedulers for clusters in which masters of bbctl's own build, too. */
  building: boolean;
  /** Builders that are not configured after all. */
  withoutBuilders: readonly string[];
}

export function writeSettings(dir: string, settings: Settings): Promise<void> {
  return writeFile(join(dir, 'settings.json'), JSON.stringify(settings));
}

/** Makes the schema, too, where it is not there yet. */
export async function createMasterDirectory(home: string, dir: string, settings: Settings): Promise<void> {
  await run('buildbot', ['create-master', '--quiet', '--force', `--db=${settings.databaseUrl}`, dir], {
    cwd: home,
    env: cleanEnvironment(home),
  });
  await copyFile(TEMPLATE, join(dir, 'master.cfg'));
  await writeSettings(dir, settings);
}

/** Debian has no buildbot-www, without which Buildbot serves no REST; this is the least that it takes for one. */
export async function createWebStub(home: string): Promise<string> {
  const path = join(home, 'python');
  const files: Record<string, string> = {
    'buildbot_www/__init__.py': "from buildbot.www.plugin import Application\nep = Application(__name__, 'stub')\n",
    'buildbot_www/VERSION': '3.7.0\n',
    'buildbot_www/static/index.html': '<html></html>\n',
    'buildbot_www-3.7.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: buildbot-www\nVersion: 3.7.0\n',
    'buildbot_www-3.7.0.dist-info/entry_points.txt': '[buildbot.www]\nbase = buildbot_www:ep\n',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return path;
}
