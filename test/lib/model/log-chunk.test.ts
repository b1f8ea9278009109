// Chunks: as large as Buildbot takes them, of whole lines, numbered without a gap.
import test from 'ava';
import fc from 'fast-check';
import { ChunkCutter, largestChunk, type LogChunk } from '../../../src/lib/model/log-chunk.js';
import { unpackLz4 } from '../../../src/lib/model/lz4-block.js';

test('whatever lines are added, they are all there, in chunks that are not too large', (t) => {
  const line = fc.tuple(fc.constantFrom('x', 'é', ''), fc.nat(16_000)).map(([sign, length]) => sign.repeat(length));
  fc.assert(
    fc.property(fc.array(fc.array(line, { minLength: 1, maxLength: 8 }), { maxLength: 8 }), (batches) => {
      const cutter = new ChunkCutter();
      const texts = batches.map((lines) => lines.map((one) => `${one}\n`).join(''));
      const chunks = [...texts.flatMap((text) => cutter.add(text)), cutter.rest()].filter((one) => one !== null);
      t.is(chunks.map(({ content }) => `${content.toString()}\n`).join(''), texts.join(''));
      for (const [index, chunk] of chunks.entries()) verify(t.true.bind(t), chunk, chunks[index - 1]);
      t.is(cutter.lines, batches.flat().length);
    }),
    { numRuns: 50 },
  );
});

function verify(isTrue: (is: boolean) => void, chunk: LogChunk, before: LogChunk | undefined): void {
  isTrue(chunk.content.length <= largestChunk);
  isTrue(chunk.firstLine === (before?.lastLine ?? -1) + 1);
  isTrue(chunk.lastLine - chunk.firstLine === chunk.content.toString().split('\n').length - 1);
}

test('a chunk is cut only when it is full', (t) => {
  const cutter = new ChunkCutter();
  t.deepEqual(cutter.add(`${'x'.repeat(largestChunk)}\n`), []);
  t.is(cutter.add('y\n').length, 1);
  t.is(cutter.rest()?.content.toString(), 'y');
  t.is(cutter.rest(), null);
});

// By the description of the format: a token, literals, how far back, and how much of it.
const blocks: readonly (readonly [text: string, hex: string])[] = [
  ['abc', '03000000' + '30' + '616263'],
  [`abcabcabcabc${'x'.repeat(5)}`, '11000000' + '35' + '616263' + '0300' + '50' + '7878787878'],
  [`${'a'.repeat(300)}bcdef`, '31010000' + '1f' + '61' + '0100' + 'ff' + '19' + '50' + '6263646566'],
];

for (const [text, hex] of blocks) {
  test(`LZ4: ${hex}`, (t) => t.is(unpackLz4(Buffer.from(hex, 'hex')).toString(), text));
}

test('LZ4: what is broken is no text, and does no harm', (t) => {
  for (const hex of [
    '03000000' + '40' + '61626364',
    '03000000' + '306162',
    '0a000000' + '16610500',
    '',
    'ffffff7f00',
  ]) {
    t.throws(() => unpackLz4(Buffer.from(hex, 'hex')), undefined, hex);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const block = Buffer.concat([Buffer.from([100, 0, 0, 0]), bytes]);
      try {
        return unpackLz4(block).length === 100;
      } catch {
        return true;
      }
    }),
  );
});
