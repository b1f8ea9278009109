import wrapAnsi from 'wrap-ansi';
import { terminalWidth } from './terminal.js';

/** Sentences for a person: broken between words at the width of the terminal, further lines indented. */
export function wrapped(text: string, indent = 4): string {
  const width = terminalWidth();
  if (width === null) return text;
  return wrapAnsi(text, Math.max(20, width - indent), { trim: false, hard: true })
    .split('\n')
    .map((line, index) => (index === 0 ? line : ' '.repeat(indent) + line.trimStart()))
    .join('\n');
}
