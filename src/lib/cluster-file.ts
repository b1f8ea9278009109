import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Document, LineCounter, Node } from 'yaml';
import { Failure } from './errors.js';
import { controlVerbs } from './model/inventory.js';
import type { Control, Inventory, MasterEntry } from './model/inventory.js';

/** A `cluster.yaml`: what the cluster is meant to have, and the database that it uses, if it names one. */
export interface ClusterFile {
  readonly inventory: Inventory;
  readonly database: string | null;
}

/** Throws a `Failure` that names every place that is wrong, by its path and line. */
export async function readClusterFile(file: string): Promise<ClusterFile> {
  const text = readText(file);
  const { LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const wrong = document.errors.map(({ message, pos }) => `line ${lines.linePos(pos[0]).line}: ${message}`);
  if (wrong.length > 0) throw notRight(file, wrong);
  return validated(file, document, lines);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure('usage', `${file} cannot be read: ${(error as Error).message}.`, {
      try: 'Name a cluster.yaml with --config; "bbctl inventory" writes one from what is registered.',
      cause: error,
    });
  }
}

function notRight(file: string, wrong: readonly string[]): Failure {
  return new Failure('usage', [`${file} is not right:`, ...wrong.map((line) => `  ${line}`)].join('\n'), {
    try: 'Mend it there; nothing was done.',
  });
}

async function validated(file: string, document: Document, lines: LineCounter): Promise<ClusterFile> {
  const { safeParse } = await import('valibot');
  const result = safeParse(await clusterSchema(), document.toJS() ?? {});
  if (!result.success) {
    const wrong = result.issues.map((issue) => {
      const keys = (issue.path ?? []).map((item) => item.key as string);
      return `${placeOf(document, lines, keys)}: ${issue.message}`;
    });
    throw notRight(file, wrong);
  }
  const { database, complete, masters, ...named } = result.output;
  const names = (of: object): ReadonlySet<string> => new Set(Object.keys(of));
  return {
    database: database ?? null,
    inventory: {
      file,
      complete,
      masters: Object.entries(masters).map(([key, master]) => masterEntry(file, key, master)),
      builders: names(named.builders),
      workers: names(named.workers),
      schedulers: names(named.schedulers),
      changeSources: names(named.changeSources),
    },
  };
}

/** `masters.blue.kind, line 7`; of a key that is missing, the line of what should have it. */
function placeOf(document: Document, lines: LineCounter, keys: readonly string[]): string {
  for (let depth = keys.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : (document.getIn(keys.slice(0, depth), true) as Node | undefined);
    const start = node?.range?.[0];
    if (start !== undefined) return `${keys.join('.') || 'the file'}, line ${lines.linePos(start).line}`;
  }
  return keys.join('.');
}

function masterEntry(
  file: string,
  key: string,
  {
    name,
    kind,
    control,
  }: {
    name?: string | null | undefined;
    kind: 'bbctl' | 'buildbot';
    control: Readonly<Record<string, Control | undefined>>;
  },
): MasterEntry {
  const folder = path.dirname(path.resolve(file));
  const actions = Object.entries(control).map(([verb, action]) => [
    verb,
    action && 'pidFile' in action ? { ...action, pidFile: path.resolve(folder, action.pidFile) } : action,
  ]);
  return { key, name: name ?? null, kind, control: Object.fromEntries(actions) as MasterEntry['control'] };
}

/** What bbctl reads of it today; what a master of bbctl's own will read more is let through where it stands. */
async function clusterSchema() {
  const v = await import('valibot');
  const text = v.pipe(v.string('should be text'), v.nonEmpty('should not be empty'));
  const things = v.nullish(v.custom<Record<string, unknown>>(isMap, 'should map names to settings'), {});
  const action = v.union(
    [
      v.strictObject({ exec: v.pipe(v.array(text), v.nonEmpty('should name a program')) }),
      v.strictObject({ signal: text, pidFile: text }),
      v.strictObject({ http: v.pipe(text, v.url('should be a URL')) }),
    ],
    'should be {exec: [program, argument, …]}, {signal: NAME, pidFile: FILE} or {http: URL}',
  );
  const verbs = Object.fromEntries(controlVerbs.map((verb) => [verb, v.optional(action)]));
  const master = v.looseObject(
    {
      name: v.nullish(text),
      kind: v.optional(v.picklist(['bbctl', 'buildbot'], 'should be bbctl or buildbot'), 'bbctl'),
      control: v.nullish(v.strictObject(verbs, `should have ${controlVerbs.join(', ')}, and nothing else`), {}),
    },
    'should be settings of a master',
  );
  return v.strictObject(
    {
      database: v.optional(text),
      expireAfter: v.optional(v.any()),
      tokenFile: v.optional(text),
      complete: v.optional(v.boolean('should be true or false'), false),
      masters: v.nullish(v.record(text, master, 'should map names to masters'), {}),
      workers: things,
      builders: things,
      schedulers: things,
      changeSources: things,
    },
    'is not known here; a cluster.yaml has database, expireAfter, tokenFile, complete, masters, workers, builders, schedulers, changeSources',
  );
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
