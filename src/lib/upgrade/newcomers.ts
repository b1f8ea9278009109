import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { pythonOf } from '../control/load-config.js';
import type { LoadedConfiguration } from '../control/load-config.js';
import { linesToAdd } from '../drain/blockers.js';
import { controlledOf, keyFor, nameOf } from '../drain/targets.js';
import { Failure } from '../errors.js';
import { assignmentOf } from '../model/assignment.js';
import type { ClusterConfig } from '../model/cluster-config.js';
import type { DrainFacts } from '../model/drain.js';
import type { Inventory, MasterEntry } from '../model/inventory.js';
import type { Master } from '../model/master.js';
import { printable, shellArgument } from '../model/names.js';
import { nearest } from '../model/near.js';
import type { Configuration, Newcomer } from './newcomer.js';

/** What newcomers would configure is read by these, and only where it must be. */
export interface Loaders {
  /** The whole `cluster.yaml`, as bbctl's own masters read it. Throws a `Failure` where it is not right. */
  readonly config: () => Promise<ClusterConfig>;
  /** Lets Buildbot load a `master.cfg`, which runs it; `null`: nobody has asked for that. */
  readonly load: ((directory: string, python?: string) => Promise<LoadedConfiguration>) | null;
}

/**
 * By the keys of `cluster.yaml`, or the names of its masters. Throws a `Failure` for what is not in it: nothing would say
 * how it is started.
 */
export async function newcomersOf(
  words: readonly string[],
  { cluster }: Pick<DrainFacts, 'cluster'>,
  inventory: Inventory | null,
  loaders: Loaders,
): Promise<Newcomer[]> {
  const entries = words.map((word) => entryOf(word, cluster.masters, inventory));
  const unique = [...new Map(entries.map((found) => [found.entry.key, found])).values()];
  return Promise.all(unique.map((found) => newcomerOf(found, cluster.masters, loaders)));
}

interface Found {
  readonly entry: MasterEntry;
  readonly inventory: Inventory;
}

function entryOf(word: string, masters: readonly Master[], inventory: Inventory | null): Found {
  const entries = inventory?.masters ?? [];
  const byKey = entries.find(({ key }) => key === word);
  const byName = entries.find((entry) => nameOf(entry, inventory!) === word);
  const isName = byName !== undefined || masters.some(({ name }) => name === word);
  if (byKey && isName && byKey !== byName) throw ambiguous(word, nameOf(byKey, inventory!));
  const entry = byKey ?? byName;
  if (inventory !== null && entry) return { entry, inventory };
  throw unknown(word, inventory);
}

/** Whoever is started by mistake joins the cluster. */
function ambiguous(word: string, name: string): Failure {
  return new Failure('usage', `"${printable(word)}" is the name of one master, and the key of another.`, {
    try: `Write the whole name of the one that is meant: ${shellArgument(name)} is the one with that key.`,
  });
}

function unknown(word: string, inventory: Inventory | null): Failure {
  const near = nearest(word, inventory?.masters.map(({ key }) => key) ?? []);
  const lines = linesToAdd(word.includes(':') ? word : `HOST:/BASEDIR/${word}`, { key: keyFor(word), kind: 'buildbot' }, ['start']); // prettier-ignore
  const where = inventory === null ? 'there is no cluster.yaml (--config)' : `it is not in ${inventory.file}`;
  return new Failure('notFound', `Nothing says how to start "${printable(word)}": ${where}.`, {
    try: near === null ? lines : `Did you mean "${printable(near)}"? Else:\n${lines}`,
  });
}

async function newcomerOf({ entry, inventory }: Found, masters: readonly Master[], loaders: Loaders): Promise<Newcomer> {
  const { key, kind } = entry;
  const name = nameOf(entry, inventory);
  const master = masters.find((one) => one.name === name) ?? null;
  const controlled = controlledOf({ name, kind, row: master, entry, inventory });
  const common = { name, key, kind, controlled, master };
  if (kind === 'bbctl') return { ...common, configuration: ownConfiguration(await loaders.config(), key), version: versionsOfOwn }; // prettier-ignore
  const loaded = await loadedOf(name, entry, inventory, loaders);
  return { ...common, ...(loaded ? askedOf(loaded) : { configuration: null, version: null }), ...saidOf(entry, loaded) };
} // prettier-ignore

/** They write for each schema that they know. */
const versionsOfOwn = '2.10 to 4.3';

function ownConfiguration(config: ClusterConfig, key: string): Configuration {
  const section = config.masters.find((one) => one.key === key);
  const { schedulers, changeSources, builders } = assignmentOf(config, { roles: section?.roles ?? new Set() });
  // Nobody else's workers build for it.
  const local = new Set(config.workers.filter(({ kind }) => kind === 'local').map(({ name }) => name));
  return {
    builders: new Map(builders.map(({ name, workers }) => [name, workers.filter((worker) => local.has(worker))])),
    workers: new Set(builders.length === 0 ? [] : local),
    schedulers: namesOf(schedulers),
    changeSources: namesOf(changeSources),
  };
}

/** Only where its folder is on this machine. */
async function loadedOf(
  name: string,
  { control }: MasterEntry,
  { file }: Inventory,
  { load }: Loaders,
): Promise<LoadedConfiguration | null> {
  const [, host, folder] = /^([^:/\s]+):(\/.*)$/.exec(name) ?? [];
  if (load === null || host !== hostname() || folder === undefined) return null;
  if (!existsSync(path.join(folder, 'buildbot.tac'))) return null;
  const program = control.start && 'exec' in control.start ? control.start.exec[0] : undefined;
  const python = program === undefined ? null : pythonOf(program, path.dirname(path.resolve(file)));
  return python === null ? load(folder) : load(folder, python);
}

function askedOf({ master, version, revision }: LoadedConfiguration): Pick<Newcomer, 'configuration' | 'version' | 'revision'> {
  const configuration = {
    builders: new Map(master.builders.map(({ name, workers }) => [name, workers])),
    workers: new Set(master.workers),
    schedulers: namesOf(master.schedulers),
    changeSources: namesOf(master.changeSources),
  };
  return { configuration, version, ...(revision === null ? {} : { revision }) };
} // prettier-ignore

/** What its Buildbot says of itself goes over what the file says of it. */
function saidOf({ version }: MasterEntry, loaded: LoadedConfiguration | null): Partial<Pick<Newcomer, 'version'>> {
  return version === undefined || (loaded?.version ?? null) !== null ? {} : { version };
}

function namesOf(things: readonly { readonly name: string }[]): Set<string> {
  return new Set(things.map(({ name }) => name));
}
