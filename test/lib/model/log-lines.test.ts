// Bytes become lines as Buildbot's logs have them, wherever the output is cut.
import test from 'ava';
import fc from 'fast-check';
import { LogLines } from '../../../src/lib/model/log-lines.js';

function linesOf(...pieces: readonly (string | Buffer)[]): string {
  const lines = new LogLines();
  return pieces.map((piece) => lines.add('stdout', Buffer.from(piece))).join('') + lines.end();
}

test('each line has the mark of its stream, and lines of two streams do not mix', (t) => {
  const lines = new LogLines();
  const text = [
    lines.add('header', Buffer.from('make\n')),
    lines.add('stdout', Buffer.from('one\ntw')),
    lines.add('stderr', Buffer.from('oh\n')),
    lines.add('stdout', Buffer.from('o\n')),
  ];
  t.deepEqual(text, ['hmake\n', 'oone\n', 'eoh\n', 'otwo\n']);
  t.is(lines.end(), '');
});

test('a last line without its newline gets one', (t) => {
  t.is(linesOf('a\nb'), 'oa\nob\n');
  t.is(linesOf('\n'), 'o\n');
  t.is(linesOf(''), '');
});

test('carriage returns, backspaces and movements of the cursor end lines', (t) => {
  t.is(linesOf('10%\r20%\r\ndone\r'), 'o10%\no20%\nodone\n');
  t.is(linesOf('a\b\b\bb\x1b[2Jc\x1b[12;3Hd\x1b[ue'), 'oa\nob\noc\nod\noe\n');
  t.is(linesOf('a\r', '\nb\r', 'c\b', '\bd\n'), 'oa\nob\noc\nod\n');
  t.is(linesOf('a\b\b'), 'oa\n');
  t.is(linesOf('a\n\b'), 'oa\no\n');
  t.is(linesOf('\x1b[1mbold\x1b[0m\n'), 'o\x1b[1mbold\x1b[0m\n');
});

test('characters that are cut in two are whole; bytes that are none are replaced; NUL and BOM stay', (t) => {
  const bytes = Buffer.from('é€😀\n');
  t.is(linesOf(...[...bytes].map((byte) => Buffer.from([byte]))), 'oé€😀\n');
  t.is(linesOf(Buffer.from([0x61, 0xff, 0xc3])), 'oa\ufffd\ufffd\n');
  t.is(linesOf('\ufeffa\0b\n'), 'o\ufeffa\0b\n');
});

test('a line longer than 4096 characters becomes several, and no character is cut', (t) => {
  t.deepEqual(linesOf(`${'x'.repeat(10_000)}\n`).split('\n').map((line) => line.length), [4097, 4097, 1809, 0]); // prettier-ignore
  t.is(linesOf(`${'x'.repeat(4096)}\n`), `o${'x'.repeat(4096)}\n`);
  t.is(linesOf(`x${'😀'.repeat(5000)}\n`), `ox${'😀'.repeat(4095)}\no${'😀'.repeat(905)}\n`);
});

test('a line that never ends is given in pieces before it ends', (t) => {
  const lines = new LogLines();
  const given = lines.add('stdout', Buffer.alloc(1_000_000, 'x'));
  t.true(given.length > 980_000);
});

const piece = fc.oneof(fc.constantFrom('\n', '\r', '\r\n', '\b', '\x1b[u', '\x1b[1;2H', '\x1b', 'é', '😀', '\0'), fc.string(), fc.nat(5000).map((n) => 'x'.repeat(n))); // prettier-ignore

test('where the output is cut changes nothing', (t) => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(), { maxLength: 6 }), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(''));
      const at = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
      const parts = [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
      return linesOf(...parts) === linesOf(bytes);
    }),
    { numRuns: 300 },
  );
  t.pass();
});
