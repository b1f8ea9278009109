// What "bbctl inventory" writes is what it reads, whatever things are called.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { clusterText, mergedText } from '../../src/lib/cluster-draft.js';
import { readClusterFile } from '../../src/lib/cluster-file.js';
import { builderCertainty, masterCertainty, serviceCertainty, workerCertainty } from '../../src/lib/model/inventory.js';
import type { Draft, DraftThing } from '../../src/lib/model/draft.js';
import { printable } from '../../src/lib/model/names.js';

const special = ['yes', 'no', '1', '0x1F', '12:30:45', '2020-01-01', 'null', '~', '', ' ', '- a', 'a: b', '# c', 'a #b', '<<', '__proto__', 'constructor', 'new\nline', 'a\r\nb', '\t', '\u202eabc', '\u0000', '\u0085', '\u001b[31m', '*x', '&y', '!z', '%d', '@a', '`b', '{a', '[a', '"q"', "it's", '? q', '---', '...', '\\n', '\ud83d\ude00', 'é☃', 'x'.repeat(1100), `${'long '.repeat(40)}\nline`]; // prettier-ignore

const anyName = fc.oneof(fc.constantFrom(...special), fc.string({ unit: 'binary' }), fc.string());
const someNames = fc.uniqueArray(anyName, { maxLength: 12 });

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(path.join(tmpdir(), 'bbctl-draft-'));
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Every other one is left over. */
function draftFrom(names: readonly string[]): Draft {
  const things = names.map((name, index): DraftThing => ({ name, listed: index % 2 === 0, note: index % 2 === 0 ? null : `left over? last built by ${name}` })); // prettier-ignore
  const services = things.map((thing) => ({ ...thing, type: 'nightly' }));
  return {
    complete: false,
    // An empty name has no row: a master is called by its host and directory.
    masters: things.filter(({ name }) => name !== '').map((thing, index) => ({ ...thing, key: `m${index}`, kind: 'buildbot' })), // prettier-ignore
    workers: things,
    builders: things.map((thing) => ({ ...thing, workers: names.slice(0, 2) })),
    schedulers: services,
    changeSources: services,
  };
}

async function reread(file: string, text: string) {
  writeFileSync(file, text);
  return (await readClusterFile(file)).inventory;
}

const names = (things: readonly DraftThing[], listed: boolean) => things.filter((thing) => thing.listed === listed).map(({ name }) => name); // prettier-ignore

test('whatever things are called, what is listed is read again, and nothing else', async (t) => {
  const file = path.join(folder(t), 'cluster.yaml');
  const check = async (all: readonly string[]) => {
    const draft = draftFrom(all);
    const text = await clusterText(draft);
    for (const line of text.split('\n')) t.is(printable(line), line);
    const inventory = await reread(file, text);
    t.false(inventory.complete);
    t.deepEqual([...inventory.builders].sort(), names(draft.builders, true).sort());
    t.deepEqual(inventory.workers, inventory.builders);
    t.deepEqual(inventory.schedulers, inventory.builders);
    t.deepEqual(inventory.changeSources, inventory.builders);
    t.deepEqual(inventory.masters.map(({ name }) => name ?? ''), names(draft.masters, true)); // prettier-ignore
    for (const name of names(draft.builders, true)) {
      t.is(builderCertainty({ ...inventory, complete: true }, name), null);
      t.is(workerCertainty({ ...inventory, complete: true }, name), null);
      t.is(serviceCertainty({ ...inventory, complete: true }, { kind: 'changesource', name }), null);
    }
    for (const name of names(draft.masters, true)) t.is(masterCertainty({ ...inventory, complete: true }, name), null);
    for (const name of names(draft.builders, false)) t.is(builderCertainty({ ...inventory, complete: true }, name), 'certain'); // prettier-ignore
  };
  await check(special);
  await check(['only', 'left']);
  await check([]);
  await fc.assert(fc.asyncProperty(someNames, check), { numRuns: 200 });
});

test('to take the "#" away is all that it takes, also where nothing else is listed', async (t) => {
  const file = path.join(folder(t), 'cluster.yaml');
  const draft = draftFrom(special);
  const left = { ...draft, builders: draft.builders.map((builder) => ({ ...builder, listed: false, note: null })) };
  t.is((await reread(file, await clusterText(left))).builders.size, 0);
  const edited = (await clusterText(left)).replaceAll(/^ {2}# (?!left over)/gm, '  ');
  t.deepEqual([...(await reread(file, edited)).builders].sort(), [...special].sort());
});

test('merging adds what is listed and not named, keeps the rest, and does nothing the second time', async (t) => {
  const file = path.join(folder(t), 'cluster.yaml');
  const mine = `# ours
complete: true
masters: {m0: {name: h:/own, kind: buildbot, control: {wake: {http: "http://h:8010"}}}}
builders:
  tests: {workers: [w1], steps: []} # the main one
`;
  writeFileSync(file, mine);
  const draft = draftFrom(special);
  const merged = await mergedText(file, draft);
  t.regex(merged, /^# ours\ncomplete: true\n/);
  t.true(merged.includes('  tests: {workers: [w1], steps: []} # the main one\n'));
  const inventory = await reread(file, merged);
  t.deepEqual([...inventory.builders].sort(), ['tests', ...names(draft.builders, true)].sort());
  t.deepEqual(inventory.masters[0], { key: 'm0', name: 'h:/own', kind: 'buildbot', listen: null, control: { wake: { http: 'http://h:8010' } } }); // prettier-ignore
  t.is(new Set(inventory.masters.map(({ key }) => key)).size, 1 + names(draft.masters, true).length);
  t.is(await mergedText(file, draft), merged);
});

test('an empty file is filled', async (t) => {
  const file = path.join(folder(t), 'cluster.yaml');
  writeFileSync(file, '');
  const inventory = await reread(file, await mergedText(file, draftFrom(['a', 'b', 'c'])));
  t.deepEqual([...inventory.builders], ['a', 'c']);
});
