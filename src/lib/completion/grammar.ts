/* What can be typed, as the scripts for all shells need it: from the commands, so that nothing is said twice. Pure. */

/** What may stand where a value is asked for; `free` is anything. */
export type Values = 'free' | 'file' | 'directory' | 'context' | readonly string[];

export interface CompletedFlag {
  /** As it is typed: `--format`, `-y`. */
  readonly word: string;
  readonly summary: string;
  /** `null`: it takes none, or takes one only after `=` and does without. */
  readonly values: Values | null;
  readonly isRepeatable: boolean;
}

/** A command or a topic, or with an empty path what comes first. */
export interface CompletedCommand {
  /** `masters show` */
  readonly path: string;
  readonly summary: string;
  /** The next words. */
  readonly words: readonly { readonly word: string; readonly summary: string }[];
  readonly flags: readonly CompletedFlag[];
  /** What its arguments may be. */
  readonly operands: Values;
}

interface Flag {
  readonly name: string;
  readonly char?: string | undefined;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly type: 'boolean' | 'option';
  readonly hidden?: boolean | undefined;
  readonly helpValue?: string | string[] | undefined;
  readonly multiple?: boolean | undefined;
  readonly options?: readonly string[] | undefined;
}

/** As oclif's manifest has them. */
export interface CommandFacts {
  readonly id: string;
  readonly summary?: string | undefined;
  readonly hidden?: boolean | undefined;
  readonly flags: Readonly<Record<string, Flag>>;
  readonly args: Readonly<Record<string, { readonly options?: readonly string[] | undefined }>>;
}

/** Ids of checks: all of them, and those that have a threshold. */
export interface CheckIds {
  readonly all: readonly string[];
  readonly limited: readonly string[];
}

const help = { word: '--help', summary: 'show help', values: null, isRepeatable: false };
const version = { ...help, word: '--version', summary: 'show the version' };

/** Every command and topic by its path, the empty one first. */
export function grammarOf(commands: readonly CommandFacts[], checks: CheckIds): CompletedCommand[] {
  const shown = commands.filter((command) => !command.hidden).sort((a, b) => (a.id < b.id ? -1 : 1));
  const summaries = new Map(shown.map(({ id, summary = '' }) => [pathOf(id), summary]));
  const paths = new Set(['', ...shown.flatMap(({ id }) => prefixesOf(pathOf(id)))]);
  return [...paths].map((path) => {
    const command = shown.find(({ id }) => pathOf(id) === path);
    const flags = Object.values(command?.flags ?? {}).filter((flag) => !flag.hidden);
    return {
      path,
      summary: summaries.get(path) ?? '',
      words: [...paths].filter((other) => other !== '' && parentOf(other) === path).map((other) => ({ word: other.split(' ').at(-1) ?? '', summary: summaries.get(other) ?? '' })), // prettier-ignore
      flags: [...flags.flatMap((flag) => flagWords(flag, checks)), help, ...(path === '' ? [version] : [])],
      operands: command ? operandsOf(command) : 'free',
    };
  });
}

function pathOf(id: string): string {
  return id.replaceAll(':', ' ');
}

function prefixesOf(path: string): string[] {
  const words = path.split(' ');
  return words.map((_, index) => words.slice(0, index + 1).join(' '));
}

function parentOf(path: string): string {
  return path.split(' ').slice(0, -1).join(' ');
}

function flagWords(flag: Flag, checks: CheckIds): CompletedFlag[] {
  const { name, char, summary, description = '', multiple = false } = flag;
  const words = [`--${name}`, ...(char === undefined ? [] : [`-${char}`])];
  const values = valuesOf(flag, checks);
  return words.map((word) => ({ word, summary: summary ?? description, values, isRepeatable: multiple }));
}

function valuesOf({ name, type, options, helpValue = '' }: Flag, checks: CheckIds): Values | null {
  const value = String(helpValue);
  if (type === 'boolean' || value.startsWith('[')) return null;
  if (options) return options;
  if (name === 'context') return 'context';
  if (value === 'FILE') return 'file';
  if (value === 'DIR') return 'directory';
  if (value === 'CHECK') return checks.all;
  return value === 'CHECK=VALUE' ? checks.limited.map((id) => `${id}=`) : 'free';
}

const takeContexts = ['contexts:use', 'contexts:remove'];

function operandsOf({ id, args }: CommandFacts): Values {
  if (takeContexts.includes(id)) return 'context';
  return Object.values(args)[0]?.options ?? 'free';
}

/** A word of a shell; the same in bash, zsh and fish. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Lists the names of contexts, in any of the shells; its first line is the header, or says that there is none. */
export const listContexts = 'command bbctl contexts --columns name 2>/dev/null | tail -n +2';
