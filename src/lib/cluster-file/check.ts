import { readFileSync, statSync } from 'node:fs';
import { readPlacedConfig } from '../cluster-file.js';
import { Failure } from '../errors.js';
import type { ClusterConfig, MasterConfig } from '../model/cluster-config.js';
import { clusterWarnings } from '../model/cluster-warnings.js';
import { nearest } from '../model/near.js';
import { list, printable } from '../model/names.js';
import { notRight } from './problem.js';
import type { Path, Problem } from './problem.js';

export interface CheckedConfig {
  readonly config: ClusterConfig;
  /** All, or the one that was asked for. */
  readonly masters: readonly MasterConfig[];
  readonly warnings: readonly string[];
}

/** What `master run` would take, with the files that it would read. Throws a `Failure` as `readClusterConfig` does. */
export async function checkClusterConfig(file: string, key?: string): Promise<CheckedConfig> {
  const { config, lineOf } = await readPlacedConfig(file);
  const masters = key === undefined ? config.masters : [masterNamed(config, key)];
  const secrets = secretsOf(config, masters);
  const problems = secrets.flatMap(unreadable);
  if (problems.length > 0) throw notRight(file, problems, lineOf);
  return { config, masters, warnings: [...clusterWarnings(config), ...secrets.flatMap(open)] };
}

/** By its key. Throws a `Failure` where there is no such master, or it is Buildbot's. */
export function masterNamed({ file, masters, elsewhere }: ClusterConfig, key: string): MasterConfig {
  const found = masters.find((master) => master.key === key);
  if (found) return found;
  const shown = printable(key);
  if (elsewhere.masters.includes(key)) throw new Failure('usage', `"${shown}" is a Buildbot master: bbctl does not run it.`); // prettier-ignore
  const keys = masters.map((master) => master.key);
  const near = nearest(key, keys);
  throw new Failure('notFound', `There is no master "${shown}" in ${file}.`, {
    try: near === null ? `There are ${list(keys.map(printable))}.` : `Did you mean "${printable(near)}"?`,
  });
}

interface Secret {
  readonly path: Path;
  readonly file: string;
}

/** Only those that these masters read. */
function secretsOf({ tokenFile, workers }: ClusterConfig, masters: readonly MasterConfig[]): Secret[] {
  const hasRest = masters.some(({ listen }) => listen !== null);
  const hasPort = masters.some(({ workerListen, roles }) => workerListen !== null && roles.has('builders'));
  const passwords = workers.flatMap((worker) => worker.kind === 'remote' ? [{ path: ['workers', worker.name, 'passwordFile'], file: worker.passwordFile }] : []); // prettier-ignore
  return [
    ...(tokenFile !== null && hasRest ? [{ path: ['tokenFile'], file: tokenFile }] : []),
    ...(hasPort ? passwords : []),
  ];
}

function unreadable({ path, file }: Secret): Problem[] {
  try {
    if (!statSync(file).isFile()) return [{ path, message: `${file} is no file` }];
    return readFileSync(file, 'utf8').trim() === '' ? [{ path, message: `${file} is empty` }] : [];
  } catch (error) {
    return [{ path, message: `cannot be read: ${(error as Error).message}` }];
  }
}

function open({ file }: Secret): string[] {
  const isOpen = (statSync(file).mode & 0o004) !== 0;
  return isOpen ? [`${file} can be read by everybody on this machine: "chmod 600" keeps it secret.`] : [];
}
