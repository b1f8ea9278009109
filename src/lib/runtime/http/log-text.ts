import { readLogPage } from '../../db/data/log-pages.js';
import type { Reader } from '../reading.js';

/** Some lines of a log. */
export interface LogRange {
  readonly logId: number;
  readonly first: number;
  /** Included. */
  readonly last: number;
}

/** The lines piece by piece: as long as the log may be, a few hundred kilobytes of it are in memory. */
export async function* logText(reading: Reader, { logId, first, last }: LogRange): AsyncGenerator<string> {
  for (let line: number | null = first; line !== null && line <= last;) {
    const from: number = line;
    const page = await reading.glance((tx) => readLogPage(tx, logId, from, last));
    if (page.text !== '') yield page.text;
    line = page.next;
  }
}

/** The same without the mark that each line of a log of type `s` begins with. */
export async function* withoutMarks(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const piece of pieces) yield piece.replace(/^./gmsu, '');
}

/** One JSON document, of which a text is much larger than the rest: `before` ends and `after` begins at that text. */
export async function* asJsonText(
  before: string,
  pieces: AsyncIterable<string>,
  after: string,
): AsyncGenerator<string> {
  yield `${before}"`;
  for await (const piece of pieces) yield JSON.stringify(piece).slice(1, -1);
  yield `"${after}`;
}

/** Sent as fast as it is taken. The first piece is there before anything is sent, so that an error can still be told. */
export async function streamed(pieces: AsyncGenerator<string>): Promise<ReadableStream<Uint8Array>> {
  let upcoming = await pieces.next();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (upcoming.done) return controller.close();
      controller.enqueue(encoder.encode(upcoming.value));
      upcoming = await pieces.next();
    },
    cancel: async () => void (await pieces.return(undefined)),
  });
}
