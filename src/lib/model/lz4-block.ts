/** A block of LZ4 that says first how long it becomes, as Python's `lz4.block` writes it. Throws where it is not one. */
export function unpackLz4(block: Buffer): Buffer {
  const output = Buffer.alloc(block.readUInt32LE(0));
  let [from, to] = [4, 0];
  const lengthFrom = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) byte = block.readUInt8(from++);
    return length;
  };
  while (from < block.length) {
    const token = block.readUInt8(from++);
    const literals = lengthFrom(token >> 4);
    verify(from + literals <= block.length && to + literals <= output.length);
    to += block.copy(output, to, from, (from += literals));
    // The last sequence has literals only.
    if (from === block.length) break;
    const start = to - block.readUInt16LE(from);
    from += 2;
    const end = to + 4 + lengthFrom(token & 15);
    verify(start >= 0 && start < to && end <= output.length);
    // It may repeat what it has only just written.
    for (let at = start; to < end; at++) output[to++] = output[at] ?? 0;
  }
  verify(to === output.length);
  return output;
}

function verify(isSound: boolean): void {
  if (!isSound) throw new Error('this is no block of LZ4');
}
