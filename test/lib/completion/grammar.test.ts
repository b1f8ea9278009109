import { readFileSync } from 'node:fs';
import test from 'ava';
import { grammarOf, type CommandFacts } from '../../../src/lib/completion/grammar.js';

const ids = { all: ['one', 'two'], limited: ['two'] };
const json = { name: 'json', type: 'boolean' } as const;

test('commands and flags that are hidden are not offered, and their topics neither', (t) => {
  const secret = { name: 'secret', type: 'boolean', hidden: true } as const;
  const commands: CommandFacts[] = [
    { id: 'masters:show', flags: { json, secret }, args: {} },
    { id: 'inner:part', hidden: true, flags: {}, args: {} },
  ];
  const grammar = grammarOf(commands, ids);
  t.deepEqual(grammar.map(({ path }) => path), ['', 'masters', 'masters show']); // prettier-ignore
  t.deepEqual(grammar[0]?.words.map(({ word }) => word), ['masters']); // prettier-ignore
  t.deepEqual(grammar[2]?.flags.map(({ word }) => word), ['--json', '--help']); // prettier-ignore
});

test('what a flag takes follows from what its help says', (t) => {
  const option = (name: string, helpValue: string): CommandFacts['flags'][string] => ({ name, type: 'option', helpValue }); // prettier-ignore
  const of = (flag: CommandFacts['flags'][string]): unknown =>
    grammarOf([{ id: 'x', flags: { flag }, args: {} }], ids)[1]?.flags[0]?.values;
  t.is(of(json), null);
  t.is(of(option('watch', '[SECONDS]')), null);
  t.is(of(option('output', 'FILE')), 'file');
  t.is(of(option('basedir', 'DIR')), 'directory');
  t.is(of(option('context', 'NAME')), 'context');
  t.is(of(option('db', 'URL')), 'free');
  t.deepEqual(of(option('only', 'CHECK')), ['one', 'two']);
  t.deepEqual(of(option('warning', 'CHECK=VALUE')), ['two=']);
});

test('a flag takes the same in every command: the script for bash looks it up by its name alone', (t) => {
  const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as { commands: Record<string, CommandFacts> }; // prettier-ignore
  const flags = grammarOf(Object.values(commands), ids).flatMap((command) => command.flags);
  const taken = new Map(flags.map(({ word, values }) => [word, values]));
  t.deepEqual(flags.filter(({ word, values }) => JSON.stringify(values) !== JSON.stringify(taken.get(word))), []); // prettier-ignore
});
