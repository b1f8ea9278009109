import { spawnSync } from 'node:child_process';
import test from 'ava';
import fc from 'fast-check';
import { count, list, printable, printableJson, shellWord } from '../../../src/lib/model/names.js';

const escape = '\u001b';
const anyText = fc.string({ unit: 'binary' });
/** Text as an attacker would write it. */
const nastyText = fc
  .array(
    fc.oneof(
      anyText,
      fc.constantFrom(
        escape,
        `${escape}[2J`,
        '\u009b',
        '\r\n',
        "'",
        '\\',
        '$(id)',
        '`id`',
        '"',
        ' ',
        '\u202e',
        '-',
        '\\u001b',
      ),
    ),
  ) // prettier-ignore
  .map((parts) => parts.join(''));

test('what a terminal would obey is shown', (t) => {
  t.is(printable(`red${escape}[31m`), 'red\\u001b[31m');
  t.is(printable('two\nlines\ttab'), 'two\\u000alines\\u0009tab');
  t.is(printable('\u009b2J'), '\\u009b2J');
  t.is(printable('abc\u202edef\u2069'), 'abc\\u202edef\\u2069');
  t.is(printable('zero\u200bwidth\ufeff'), 'zero\\u200bwidth\\ufeff');
  t.is(printable('half \ud83d emoji'), 'half \\ud83d emoji');
});

test('what is only unusual is left as it is', (t) => {
  for (const text of ['', 'plain', 'naïve Größe', '日本語', '😀🏳', "it's", 'a b', '%s $HOME \\n'])
    t.is(printable(text), text);
});

test('no control character and no mark of direction ever gets through', (t) => {
  fc.assert(fc.property(nastyText, (text) => !/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u.test(printable(text))));
  fc.assert(fc.property(nastyText, (text) => printable(printable(text)) === printable(text)));
  t.pass();
});

test('JSON stays the same JSON, with nothing in it that a terminal would obey', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), nastyText, (value, text) => {
      const json = printableJson(JSON.stringify({ value, [text]: text }, null, 2));
      t.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify({ value, [text]: text })));
      return !/[\p{Bidi_Control}\p{Cs}]/u.test(json) && !/\p{Cc}/u.test(json.replaceAll('\n', ''));
    }),
  );
  t.pass();
});

test('a word for the shell is readable, where that is safe', (t) => {
  const words: [string, string][] = [
    ['host1:/srv/bb/blue', 'host1:/srv/bb/blue'],
    ['a b', "'a b'"],
    ['', "''"],
    ["it's", `'it'\\''s'`],
    ['-rf', "'-rf'"],
    ['=ls', "'=ls'"], // zsh would make a path of it
    ['$(id)', "'$(id)'"],
    [`x${escape}y`, "$'x\\u001by'"],
    ['日本', "'日本'"],
  ];
  for (const [text, word] of words) t.is(shellWord(text), word);
});

test('a word for the shell is what bash reads, and cannot make a terminal obey', (t) => {
  // No argument of a program can hold NUL.
  const argument = nastyText.map((text) => text.replaceAll('\0', ''));
  fc.assert(
    fc.property(argument, (text) => {
      const word = shellWord(text);
      const options = { env: { LC_ALL: 'C.UTF-8' }, encoding: 'utf8' } as const;
      t.is(spawnSync('/bin/bash', ['-c', `printf %s ${word}`], options).stdout, text);
      return printable(word) === word;
    }),
    { numRuns: 60 },
  );
  t.pass();
});

test('things are counted', (t) => {
  t.is(count(0, 'build'), '0 builds');
  t.is(count(1, 'build'), '1 build');
  t.is(count(12_345, 'build'), '12,345 builds');
  t.is(count(2, 'entry', 'entries'), '2 entries');
});

test('a list is cut short, but never for the sake of one', (t) => {
  t.is(list([]), '');
  t.is(list([1, 2, 3], 3), '1, 2, 3');
  t.is(list([1, 2, 3, 4], 3), '1, 2, 3, 4');
  t.is(list([1, 2, 3, 4, 5], 3), '1, 2, 3 and 2 more');
  t.is(list(Array.from({ length: 100_000 }, (_, index) => index), 1), '0 and 99,999 more'); // prettier-ignore
});
