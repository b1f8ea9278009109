// What YAML makes of a file is not always what was meant: that is said, at its line, and nothing but problems comes of it.
import test from 'ava';
import fc from 'fast-check';
import { parseText } from '../../../src/lib/cluster-file/parse-text.js';

const traps: readonly (readonly [text: string, line: number, message: RegExp])[] = [
  ['a: 1\ncron: */5 * * * *', 2, /alias in YAML: write a cron line/],
  ['a: 1\ncron: * * * * *', 2, /alias in YAML: write a cron line/],
  ['branches: [*]', 1, /alias in YAML/],
  ['\nfiles: [*.py]', 2, /no "&\.py" before it; .*alias in YAML/],
  ['a: &q {b: [*q]}', 1, /an alias of what it stands in/],
  ['a: 1\n<<: 3', 2, /"<<" wants a map/],
  ['a: &l [1]\nb: {<<: *l}', 2, /"<<" wants a map/],
  ['a:\n\tb: 1', 2, /tab/],
  ['a: b: c', 1, /second ": "/],
  ['a: 1\nb: @daily', 2, /in quotes/],
  ['a: 1\n---\nb: 2', 2, /second document/],
  ['%YAML 1.1\n---\na: yes', 1, /YAML 1\.2/],
  ['a: 1\nb: !secret x', 2, /Unresolved tag/],
  ['a: 1\na: 2', 2, /"a" is there twice/],
  ['1: a\n"1": b', 2, /"1" is there twice/],
  ['? [a]\n: b', 1, /a name should be text/],
  ['a: 1\nb: "x', 2, /Missing closing/],
  ['a:\n' + '['.repeat(4_000_000), 2, /more than 50 levels/],
  ['- '.repeat(10_000), 1, /more than 50 levels/],
  ['? '.repeat(10_000), 1, /more than 50 levels/],
  [bomb(), 12, /aliases stand for more/],
];

/** Ten lines that stand for 9 ** 10 words. */
function bomb(): string {
  const lines = Array.from({ length: 10 }, (_, level) => `b${level + 1}: &b${level + 1} [${Array(9).fill(`*b${level}`).join(', ')}]`); // prettier-ignore
  return ['# harmless?', 'b0: &b0 word', ...lines].join('\n');
}

test('what YAML reads in another way, or not at all, is told with its line', (t) => {
  for (const [text, line, message] of traps) {
    const { problems, lineOf } = parseText(text);
    const [first] = problems;
    t.is(first?.line ?? lineOf(first?.path ?? []), line, text.slice(0, 40));
    t.regex(String(first?.message), message);
  }
});

test('names are what is written', (t) => {
  const { value, problems } = parseText('{1.10: a, 0x10: b, 007: c, ~: d, true: e, on: yes, __proto__: f, "": g}');
  t.deepEqual(problems, []);
  t.deepEqual(Object.entries(value as object), [
    ...Object.entries({ '1.10': 'a', '0x10': 'b', '007': 'c', '~': 'd', true: 'e', on: 'yes' }),
    ['__proto__', 'f'],
    ['', 'g'],
  ]);
});

test('anchors, aliases and merge keys may be used, and often', (t) => {
  const many = Array.from({ length: 2000 }, (_, index) => `  b${index}: {<<: *base, workers: *w}`).join('\n');
  const { value, problems } = parseText(`base: &base {env: {CI: "1"}, workers: &w [a]}\nbuilders:\n${many}\n`);
  t.deepEqual(problems, []);
  const { builders } = value as { builders: Record<string, unknown> };
  t.deepEqual(builders['b1999'], { env: { CI: '1' }, workers: ['a'] });
});

test('a line is that of the key, through aliases; else of what should have it', (t) => {
  const { lineOf } = parseText('a: &a\n  b:\n    - x\n    - y\nc:\n\n  <<: *a\n  d: *a\n');
  t.deepEqual(
    [['a'], ['a', 'b'], ['a', 'b', 1], ['a', 'z'], ['c', 'b'], ['c', 'd', 'b', 1], []].map(lineOf),
    [1, 2, 4, 1, 5, 4, 1],
  );
});

test('nothing is thrown, whatever the text is', (t) => {
  const word = fc.constantFrom('a', ': ', '- ', '\n', '  ', '{', '}', '[', ']', ',', '*a', '&a ', '<<: ', '"', "'", '|\n', '>\n', '!x ', '!!set ', '? ', '#', '---\n', '...\n', '%YAML 1.1\n', '\t', '\0', '\ufeff', '~', '.nan', '\r'); // prettier-ignore
  fc.assert(
    fc.property(fc.array(word, { maxLength: 25 }), (words) => {
      const { problems, lineOf } = parseText(words.join(''));
      t.true(problems.every(({ path, line }) => (line ?? lineOf(path)) >= 1));
    }),
    { numRuns: 500 },
  );
});
