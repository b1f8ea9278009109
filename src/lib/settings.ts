import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { readBasedir } from './control/basedir.js';
import { parseDatabaseUrl } from './db/url.js';
import type { Location } from './db/url.js';
import { Failure } from './errors.js';
import { readContexts } from './contexts.js';
import type { Context } from './contexts.js';
import type { Inventory } from './model/inventory.js';

export interface SettingsInput {
  readonly db?: string | undefined;
  readonly context?: string | undefined;
  readonly basedir?: string | undefined;
  /** A `cluster.yaml`. */
  readonly config?: string | undefined;
  readonly loadConfig: boolean;
  /** oclif's: `~/.config/bbctl`. */
  readonly configDir: string;
}

export interface Settings {
  readonly location: Location;
  /** A sentence for people where the database was found by a guess. */
  readonly note: string | null;
}

/** Which database: flags over environment over context over a `cluster.yaml` or a master's base directory. */
export async function resolveSettings(input: SettingsInput): Promise<Settings> {
  if (input.db !== undefined) return at(parseDatabaseUrl(input.db));
  if (input.basedir !== undefined) return fromBasedir(path.resolve(input.basedir), input.loadConfig);
  const named = input.context === undefined && input.config !== undefined ? await fromClusterFile(input.config) : null;
  if (named) return named;
  if (input.context === undefined && process.env['BBCTL_DB']) return at(parseDatabaseUrl(process.env['BBCTL_DB']));
  const context = await chosenContext(input);
  if (context) return at(withPasswordFile(parseDatabaseUrl(context.db), context.passwordFile));
  const config = process.env['BBCTL_CONFIG'];
  const inFile = config ? await fromClusterFile(config) : null;
  if (inFile) return inFile;
  if (existsSync('buildbot.tac')) return fromBasedir(process.cwd(), input.loadConfig);
  throw new Failure('usage', 'Which database? None was given.', {
    try: 'Use --db URL, BBCTL_DB, --basedir DIR of a master, or a context ("bbctl contexts add NAME --db URL").',
  });
}

/** `null`: it names no database. */
async function fromClusterFile(file: string): Promise<Settings | null> {
  const { database } = await (await import('./cluster-file.js')).readClusterFile(file);
  return database === null ? null : at(parseDatabaseUrl(database, path.dirname(path.resolve(file))));
}

/** What the cluster is meant to have: by the flag, else the environment, else the context; `null` where none says. */
export async function resolveInventory(input: SettingsInput): Promise<Inventory | null> {
  const file = input.config ?? (process.env['BBCTL_CONFIG'] || (await contextInUse(input))?.config);
  if (file === undefined) return null;
  return (await (await import('./cluster-file.js')).readClusterFile(file)).inventory;
}

/** The context, unless something that goes before it names the database. */
async function contextInUse(input: SettingsInput): Promise<Context | null> {
  const { context, configDir, db, basedir } = input;
  const isUsed = db === undefined && basedir === undefined && (context !== undefined || !process.env['BBCTL_DB']);
  return isUsed ? chosenContext({ context, configDir }) : null;
}

function at(location: Location): Settings {
  return { location, note: null };
}

async function chosenContext({
  context,
  configDir,
}: Pick<SettingsInput, 'context' | 'configDir'>): Promise<Context | null> {
  const { current, contexts } = await readContexts(configDir);
  const name = context ?? process.env['BBCTL_CONTEXT'] ?? current;
  if (name === undefined) return null;
  const found = contexts[name];
  if (found) return found;
  throw new Failure('notFound', `There is no context "${name}".`, { try: 'See them with "bbctl contexts".' });
}

function withPasswordFile(location: Location, file: string | undefined): Location {
  if (file === undefined || location.engine === 'sqlite' || location.password !== null) return location;
  try {
    return { ...location, password: readFileSync(file, 'utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    throw new Failure('usage', `The passwordFile ${file} of the context cannot be read.`, {
      try: 'Make it, or make the context anew with "bbctl contexts add".',
      cause: error,
    });
  }
}

async function fromBasedir(directory: string, loadConfig: boolean): Promise<Settings> {
  const { url, note } = await readBasedir(directory, loadConfig);
  return { location: parseDatabaseUrl(url, directory), note };
}

/** Where changes are journaled: the environment, else the context, else the state directory of this user. */
export async function journalDirectory(input: SettingsInput): Promise<string> {
  if (process.env['BBCTL_JOURNAL_DIR']) return process.env['BBCTL_JOURNAL_DIR'];
  const shared = (await contextInUse(input))?.journalDir;
  const state = process.env['XDG_STATE_HOME'] || path.join(homedir(), '.local', 'state');
  return shared ?? path.join(state, 'bbctl', 'journal');
}
