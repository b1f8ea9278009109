import { drawn, fitted } from './frame.js';
import type { Size } from './frame.js';

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';

/** The terminal's second screen, where a text is replaced in place; the first one is as it was, afterwards. */
export class Screen {
  private text = '';
  private isOpen = false;

  get size(): Size {
    return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
  }

  show(text: string): void {
    this.text = text;
    if (this.isOpen) return this.draw();
    this.isOpen = true;
    process.stdout.on('resize', this.draw);
    process.on('SIGTSTP', this.suspend);
    process.on('SIGCONT', this.resume);
    process.on('exit', this.close);
    this.resume();
  }

  /** What was seen last stays where the prompt comes: a command on it may be wanted. */
  readonly close = (): void => {
    if (!this.isOpen) return;
    this.isOpen = false;
    process.stdout.off('resize', this.draw);
    process.off('SIGTSTP', this.suspend);
    process.off('SIGCONT', this.resume);
    process.off('exit', this.close);
    process.stdout.write(`${leave}${fitted(this.text, this.size).join('\n')}\n`);
  };

  private readonly draw = (): void => {
    process.stdout.write(drawn(fitted(this.text, this.size), this.size));
  };

  private readonly suspend = (): void => {
    process.stdout.write(leave);
    process.kill(process.pid, 'SIGSTOP');
  };

  private readonly resume = (): void => {
    process.stdout.write(`${enter}${drawn(fitted(this.text, this.size), this.size)}`);
  };
}
