import { cut } from './table.js';
import { terminalWidth } from './terminal.js';

const up = '\u001b[A';
const clearLine = '\r\u001b[2K';

/** Some lines at the end of what is printed, drawn anew in their place; what is told in between stays above them. */
export class LiveBlock {
  private lines: readonly string[] = [];

  show(lines: readonly string[]): void {
    this.erase();
    const width = terminalWidth() ?? 80;
    // A line that the terminal breaks would be two.
    this.lines = lines.map((line) => cut(line, width - 1, 'end'));
    process.stdout.write(this.lines.map((line) => `${line}\n`).join(''));
  }

  tell(text: string): void {
    const { lines } = this;
    this.erase();
    process.stdout.write(`${text}\n`);
    this.show(lines);
  }

  erase(): void {
    process.stdout.write(this.lines.map(() => `${up}${clearLine}`).join(''));
    this.lines = [];
  }
}
