/* docs/cluster-yaml.md is compared with what the program knows: settings, defaults, examples. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { GenericSchema } from 'valibot';
import { readClusterConfig, readClusterFile } from '../src/lib/cluster-file.js';
import { builder, steps } from '../src/lib/cluster-file/builder-settings.js';
import { buildbotMaster, ownMaster } from '../src/lib/cluster-file/master-settings.js';
import { changeSources, codebase, schedulers } from '../src/lib/cluster-file/scheduler-settings.js';
import { top, worker } from '../src/lib/cluster-file/top-settings.js';
import { entriesOf } from '../src/lib/cluster-file/unknown-keys.js';

const text = readFileSync('docs/cluster-yaml.md', 'utf8');

/** The rows of the tables below a heading, up to the next one: setting → default. */
function tableOf(heading: string): Map<string, string> {
  const [, section = ''] = new RegExp(`^#+ ${heading}\n([^]*?)(?=^#|$(?![^]))`, 'm').exec(text) ?? [];
  const rows = [...section.matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm)];
  return new Map(rows.map(([, setting = '', standard = '']) => [setting, standard]));
}

const both = (...headings: string[]) => new Map(headings.flatMap((heading) => [...tableOf(heading)]));

const documented: readonly [what: string, schema: GenericSchema, table: Map<string, string>][] = [
  ['the file', top, tableOf('The file')],
  ['a master', ownMaster, tableOf('Masters')],
  ['control', entriesOf(ownMaster)!['control']!, tableOf('Control')],
  ['a worker', worker, tableOf('Workers')],
  ['a builder', builder, tableOf('Builders')],
  ['shell', steps.shell, both('Steps', 'shell')],
  ['git', steps.git, both('Steps', 'git')],
  ['any-branch', schedulers['any-branch'], both('Schedulers', 'any-branch and single-branch')],
  ['single-branch', schedulers['single-branch'], both('Schedulers', 'any-branch and single-branch')],
  ['periodic', schedulers.periodic, both('Schedulers', 'periodic')],
  ['nightly', schedulers.nightly, both('Schedulers', 'nightly')],
  ['force', schedulers.force, both('Schedulers', 'force')],
  ['triggerable', schedulers.triggerable, both('Schedulers', 'triggerable')],
  ['codebases', codebase, tableOf('Codebases')],
  ['git-poller', changeSources['git-poller'], tableOf('git-poller')],
];

for (const [what, schema, table] of documented) {
  test(`every setting of ${what} is documented, with its default, and no other`, (t) => {
    const entries = entriesOf(schema)!;
    t.deepEqual([...table.keys()].sort(), Object.keys(entries).sort());
    for (const [key, entry] of Object.entries(entries)) {
      const standard: unknown = 'default' in entry ? entry.default : undefined;
      const isSaid = typeof standard === 'string' || typeof standard === 'number' || typeof standard === 'boolean';
      // Said of git in words, for the table is that of all steps.
      if (isSaid && !(what === 'git' && key === 'haltOnFailure')) t.is(table.get(key), standard === '' ? "`''`" : `\`${standard}\``, key); // prettier-ignore
      if (!('wrapped' in entry)) t.is(table.get(key), 'required', key);
    }
  });
}

test('every setting of a trigger step is documented', (t) => {
  const limits = new Set(['timeout', 'maxTime']);
  const table = [...both('Steps', 'trigger').keys()].filter((key) => !limits.has(key));
  t.deepEqual(table.sort(), Object.keys(entriesOf(steps.trigger)!).sort());
});

test('a Buildbot master has what the document says', (t) => {
  t.deepEqual(Object.keys(entriesOf(buildbotMaster)!).sort(), ['control', 'kind', 'name', 'version']);
  t.regex(text, /^`version` is what a master of `kind: buildbot` runs/m);
});

function fileWith(t: ExecutionContext, content: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'bbctl-cluster-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'cluster.yaml'), content);
  return path.join(folder, 'cluster.yaml');
}

test('the examples are right: the first as it is, the others as parts', async (t) => {
  const [whole = '', ...parts] = [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, example = '']) => example);
  t.is((await readClusterConfig(fileWith(t, whole))).schedulers.length, 4);
  t.is(parts.length, 7);
  for (const part of parts) await t.notThrowsAsync(readClusterFile(fileWith(t, part)), part);
  const mixed = await readClusterConfig(fileWith(t, parts[0]!));
  t.deepEqual(mixed.elsewhere.builders, ['installer']);
});

test('the errors that it shows are those of its first example, mistyped', async (t) => {
  const [, whole = ''] = /^```yaml\n([^]*?)^```$/m.exec(text) ?? [];
  const mistyped = whole.replace('listen: ', 'listn: ').replace('w1, local', 'w1, lokal').replace('"0 3', '"99 3');
  const file = fileWith(t, mistyped);
  const { message } = await t.throwsAsync(readClusterConfig(file));
  t.true(text.includes(message.replace(file, 'cluster.yaml')), message);
});
