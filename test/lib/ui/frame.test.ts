import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { drawn, fitted, watchHeader } from '../../../src/lib/ui/frame.js';

/** How a terminal would show it: each line broken where it is full. */
function rowsOn(columns: number, lines: readonly string[]): number {
  return lines.reduce((sum, line) => {
    let [rows, used] = [1, 0];
    for (const character of line) {
      const width = stringWidth(character);
      if (used + width > columns) [rows, used] = [rows + 1, 0];
      used += width;
    }
    return sum + rows;
  }, 0);
}

test('what fits is shown whole', (t) => {
  t.deepEqual(fitted('one\ntwo\nthree', { columns: 10, rows: 3 }), ['one', 'two', 'three']);
});

test('what does not fit ends in a line that says how much is left out', (t) => {
  t.deepEqual(fitted('one\ntwo\nthree\nfour', { columns: 20, rows: 3 }), ['one', 'two', '… 2 more lines']);
  t.deepEqual(fitted('one\ntwo', { columns: 20, rows: 1 }), ['… 2 more lines']);
});

test('a line that is longer than the terminal is wide counts as what it takes', (t) => {
  t.deepEqual(fitted(`${'x'.repeat(25)}\ntwo`, { columns: 10, rows: 4 }), ['x'.repeat(25), 'two']);
  t.deepEqual(fitted(`${'x'.repeat(25)}\ntwo`, { columns: 20, rows: 2 }), ['… 2 more lines']);
});

test('whatever the text and the size, it never takes more rows than there are, and nothing is left out unsaid', (t) => {
  const line = fc.stringMatching(/^[a-z 日🚀]{0,60}$/u);
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 2, max: 90 }),
      fc.integer({ min: 1, max: 20 }),
      (lines, columns, rows) => {
        const shown = fitted(lines.join('\n'), { columns, rows });
        t.true(rowsOn(columns, shown) <= rows, JSON.stringify({ lines, columns, rows, shown }));
        const kept = shown.at(-1)?.startsWith('…') ? shown.slice(0, -1) : shown;
        t.deepEqual(kept, lines.slice(0, kept.length));
        t.true(kept.length === lines.length || shown.at(-1)?.startsWith('…'));
      },
    ),
  );
  t.pass();
});

test('each line clears the rest of its row, but not where it fills it: that would take its last character', (t) => {
  t.is(drawn(['ab', 'abcd', 'abcdef'], { columns: 4, rows: 4 }), '\u001b[Hab\u001b[K\nabcd\nabcdef\u001b[K');
  t.is(drawn(['ab'], { columns: 4, rows: 4 }), '\u001b[Hab\u001b[K\n\u001b[J');
});

test('the header holds time, interval and database, and fits', (t) => {
  const at = new Date('2026-11-21T17:42:10Z');
  t.is(watchHeader('mysql://bb@host/buildbot', 2, at, 80), '17:42:10 UTC, every 2s: mysql://bb@host/buildbot');
  for (const columns of [10, 40, 60]) t.true(stringWidth(watchHeader(`sqlite:////${'x'.repeat(99)}`, 2, at, columns)) <= columns); // prettier-ignore
});
