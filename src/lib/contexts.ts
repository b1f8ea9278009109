import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from './errors.js';

/** A named database, as `kubectl` and `gh` have them. */
export interface Context {
  readonly db: string;
  readonly passwordFile?: string;
  readonly journalDir?: string;
  /** Its `cluster.yaml`. */
  readonly config?: string;
}

export interface Contexts {
  readonly current?: string;
  readonly contexts: Readonly<Record<string, Context>>;
}

function contextsFile(configDir: string): string {
  return path.join(configDir, 'config.yaml');
}

/** No file is no context. */
export async function readContexts(configDir: string): Promise<Contexts> {
  const file = contextsFile(configDir);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return { contexts: {} };
    throw new Failure('usage', `${file} cannot be read.`, { cause: error });
  }
  const { parse } = await import('yaml');
  try {
    return validContexts(parse(text));
  } catch (error) {
    throw new Failure('usage', `${file} is not right: ${(error as Error).message}`, {
      try: 'Mend it by hand, or move it away and make contexts anew with "bbctl contexts add".',
      cause: error,
    });
  }
}

function validContexts(value: unknown): Contexts {
  if (value === null || value === undefined) return { contexts: {} };
  const isKnown = typeof value === 'object' && Object.keys(value).every((key) => ['current', 'contexts'].includes(key));
  if (!isKnown) throw new Error('it should have "current" and "contexts", and nothing else.');
  const { current, contexts = {} } = value as { current?: unknown; contexts?: unknown };
  if (current !== undefined && typeof current !== 'string')
    throw new Error('"current" should be the name of a context.');
  if (typeof contexts !== 'object' || contexts === null || Array.isArray(contexts))
    throw new Error('"contexts" should map names to settings.');
  for (const [name, context] of Object.entries(contexts as Record<string, unknown>)) verifyContext(name, context);
  return { ...(current === undefined ? {} : { current }), contexts: contexts as Record<string, Context> };
}

function verifyContext(name: string, context: unknown): void {
  const fields = Object.entries((context ?? {}) as Record<string, unknown>);
  if (!fields.some(([key]) => key === 'db')) throw new Error(`contexts.${name} has no "db".`);
  for (const [key, value] of fields) {
    if (!['db', 'passwordFile', 'journalDir', 'config'].includes(key))
      throw new Error(`contexts.${name}.${key} is not known.`);
    if (typeof value !== 'string') throw new Error(`contexts.${name}.${key} should be text.`);
  }
}

/** Written beside and moved, so that a crash leaves the old file whole; readable by its owner only: it may hold a password. */
export async function writeContexts(configDir: string, contexts: Contexts): Promise<void> {
  const { stringify } = await import('yaml');
  mkdirSync(configDir, { recursive: true });
  const file = contextsFile(configDir);
  writeFileSync(`${file}.new`, stringify(contexts), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
