/** Whose words they are; `header` is what Buildbot says itself. */
export type LogStream = 'stdout' | 'stderr' | 'header';

/** How each line of a log of type 's' begins. */
const marks: Readonly<Record<LogStream, string>> = { stdout: 'o', stderr: 'e', header: 'h' };

/** Characters (not bytes) of a line; longer ones become several. Buildbot's limit. */
const longestLine = 4096;

/**
 * What ends a line, beside the newline, as Buildbot has it: carriage returns, movements of the cursor, and the backspaces with
 * which progress bars are drawn. What could go on in the next piece of output is no end yet.
 */
const lineEnds = /\r\n|\r(?=[^\n])|\x1b\[u|\x1b\[\d{1,5};\d{1,5}[Hf]|\x1b\[2J|\x08+(?=[^\x08])/g;

/** Of UTF-16, in a line that has not ended: enough for one piece of it and for whatever may end it. */
const longestOpen = 2 * longestLine + 64;

/** Bytes as they come → whole lines, each with its mark before and a newline behind. Lines of streams never mix. */
export class LogLines {
  private readonly open = new Map<LogStream, OpenLine>();

  /** The lines that have become whole; `''` where there is none. */
  add(stream: LogStream, data: Uint8Array): string {
    return marked(stream, this.lineOf(stream).add(data));
  }

  /** What has come without a newline at its end. */
  end(): string {
    const last = [...this.open].map(([stream, line]) => marked(stream, line.end()));
    this.open.clear();
    return last.join('');
  }

  private lineOf(stream: LogStream): OpenLine {
    const line = this.open.get(stream) ?? new OpenLine();
    this.open.set(stream, line);
    return line;
  }
}

/** The end of a stream, so far. */
class OpenLine {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  private rest = '';

  add(data: Uint8Array): string {
    return this.wholeLines(this.decoder.decode(data, { stream: true }));
  }

  end(): string {
    const last = this.decoder.decode();
    // They would have ended it if anything had followed.
    this.rest = this.rest.replace(/\x08+$/, '\r');
    return this.rest === '' && last === '' ? '' : this.wholeLines(`${last}\n`);
  }

  private wholeLines(added: string): string {
    const text = (this.rest + added).replace(lineEnds, '\n');
    const end = text.lastIndexOf('\n') + 1;
    this.rest = text.slice(end);
    return wrapped(text.slice(0, end)) + this.begunPieces();
  }

  private begunPieces(): string {
    let pieces = '';
    while (this.rest.length > longestOpen) {
      const piece = firstPiece(this.rest);
      pieces += `${piece}\n`;
      this.rest = this.rest.slice(piece.length);
    }
    return pieces;
  }
}

function firstPiece(text: string): string {
  return /^[^]{1,4096}/u.exec(text)?.[0] ?? '';
}

function wrapped(lines: string): string {
  if (!hasLongLine(lines)) return lines;
  return lines.replace(/[^\n]+/g, (line) => (line.length > longestLine ? piecesOf(line).join('\n') : line));
}

function piecesOf(line: string): readonly string[] {
  return line.match(/[^]{1,4096}/gu) ?? [];
}

function hasLongLine(lines: string): boolean {
  for (let start = 0, end = lines.indexOf('\n'); end >= 0; start = end + 1, end = lines.indexOf('\n', start)) {
    if (end - start > longestLine) return true;
  }
  return false;
}

function marked(stream: LogStream, lines: string): string {
  const mark = marks[stream];
  return lines === '' ? '' : `${mark}${lines.slice(0, -1).replaceAll('\n', `\n${mark}`)}\n`;
}
