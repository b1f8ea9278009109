/* The layers of docs/architecture.md, enforced: whoever imports upwards fails here. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'ava';
import ts from 'typescript';

interface Source {
  /** From the root of the project: `src/lib/db/url.ts`. */
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** From the lowest; each may use itself and what is before it. */
const layers: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['model', /^src\/lib\/(errors\.ts|model\/)/],
  ['db', /^src\/lib\/db\//],
  ['archive', /^src\/lib\/archive\//],
  ['operations', /^src\/lib\/(operations\/|operation\.ts|journal\.ts)/],
  ['command, change, ui, runtime', /^src\/lib\/|^src\/main\.ts/],
  ['commands', /^src\/commands\//],
];

const drivers = /^(knex|pg|pgpass|mysql2|better-sqlite3)(\/|$)/;
const forTerminals = /^(chalk|inquirer|@inquirer\/.*|listr2|string-width)(\/|$)/;
const forCommands = /^@oclif\//;

const sources: readonly Source[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
  .map((name) => sourceOf(path.join('src', name)));

function sourceOf(file: string): Source {
  const text = readFileSync(file, 'utf8');
  const imports = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => resolved(file, fileName));
  return { file, text, imports };
}

/** What is ours by its path, a package by its name. */
function resolved(from: string, name: string): string {
  return name.startsWith('.') ? path.join(path.dirname(from), name).replace(/\.js$/, '.ts') : name;
}

function isOurs(name: string): boolean {
  return name.startsWith('src/');
}

function layerOf(file: string): number {
  return layers.findIndex(([, pattern]) => pattern.test(file));
}

/** `a imports b`, for every import of the chosen files that is forbidden. */
function offences(from: RegExp, isForbidden: (name: string, file: string) => boolean): string[] {
  return sources
    .filter(({ file }) => from.test(file))
    .flatMap(({ file, imports }) =>
      imports.filter((name) => isForbidden(name, file)).map((name) => `${file} imports ${name}`),
    );
}

test('there are sources in every layer', (t) => {
  for (const [index, [name]] of layers.entries()) {
    t.true(
      sources.some(({ file }) => layerOf(file) === index),
      name,
    );
  }
});

test('nothing imports from a layer above its own', (t) => {
  t.deepEqual(
    offences(/^/, (name, file) => isOurs(name) && layerOf(name) > layerOf(file)),
    [],
  );
});

test('the model is plain data and rules: it imports nothing but errors and itself', (t) => {
  t.deepEqual(
    offences(layers[0]![1], (name) => !isOurs(name)),
    [],
  );
});

test('only db imports knex and the drivers', (t) => {
  t.deepEqual(
    offences(/^src\/(?!lib\/db\/)/, (name) => drivers.test(name)),
    [],
  );
});

test('operations are mute: no packages, no terminal, no files', (t) => {
  t.deepEqual(
    offences(/^src\/lib\/(operations\/|operation\.ts)/, (name) => !isOurs(name)),
    [],
  );
});

test('only ui speaks to terminals, and it does not know the database', (t) => {
  t.deepEqual(
    offences(/^src\/(?!lib\/ui\/)/, (name) => forTerminals.test(name)),
    [],
  );
  t.deepEqual(
    offences(/^src\/lib\/ui\//, (name) => name.startsWith('src/lib/db/') || forCommands.test(name)),
    [],
  );
});

test('runtime lives without terminals and the gate, and only commands know it', (t) => {
  const forOneCommand = /^src\/lib\/(ui\/|change|gate|write-steps|command|read-command|base-command|watch)/;
  t.deepEqual(
    offences(/^src\/lib\/runtime\//, (name) => forOneCommand.test(name) || forCommands.test(name)),
    [],
  );
  t.deepEqual(
    offences(/^src\/(?!lib\/runtime\/|commands\/)/, (name) => name.startsWith('src/lib/runtime/')),
    [],
  );
});

for (const { file, text } of sources.filter((source) => source.file.startsWith('src/commands/'))) {
  test(`${file} is short, and has neither SQL nor try and catch`, (t) => {
    t.true(text.trimEnd().split('\n').length <= 60, 'more than 60 lines');
    t.notRegex(text, /\btry\s*\{|\.catch\(/);
    t.notRegex(text, /\.sql\b|\.raw\(|`\s*(select|insert|update|delete)\s/i);
  });
}

test('no folder is named for what has found no home', (t) => {
  const homeless = /(^|\/)(utils?|helpers?|common|types|interfaces|constants)(\/|$)/;
  t.deepEqual(
    sources.filter(({ file }) => homeless.test(path.dirname(file))).map(({ file }) => file),
    [],
  );
});
