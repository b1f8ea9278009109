import wrapAnsi from 'wrap-ansi';
import { terminalWidth } from './terminal.js';

/** No text is broken into narrower columns. */
const narrowest = 20;

/** Sentences for a person: broken between words at the width of the terminal, further lines indented. */
export function wrapped(text: string, indent = 4): string {
  const width = terminalWidth();
  if (width === null) return text;
  return wrapAnsi(text, Math.max(narrowest, width - indent), { trim: false, hard: true })
    .split('\n')
    .map((line, index) => (index === 0 ? line : ' '.repeat(indent) + line.trimStart()))
    .join('\n');
}

/** The same after a word that stands before it: further lines begin below the text, where there is room for that. */
export function hanging(lead: string, text: string): string {
  const width = terminalWidth();
  if (width === null) return lead + text;
  const room = width - lead.length;
  if (room < narrowest) return wrapped(lead + text);
  const lines = wrapAnsi(text, room, { trim: false, hard: true }).split('\n');
  return (
    lead + lines.map((line, index) => (index === 0 ? line : ' '.repeat(lead.length) + line.trimStart())).join('\n')
  );
}
