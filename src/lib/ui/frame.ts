/* What of a text fits on a screen, and how it is drawn over what was there before. Pure. */
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import { count } from '../model/names.js';
import { cut } from './table.js';
import { colour } from './terminal.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const clearToEndOfLine = '\u001b[K';
const clearToEnd = '\u001b[J';
const home = '\u001b[H';

/** As a terminal breaks a line that is longer than it is wide. */
function rowsOf(line: string, columns: number): string[] {
  return wrapAnsi(line, columns, { hard: true, wordWrap: false, trim: false }).split('\n');
}

/** The first lines, as many as there are rows for; where some are left out the last line says how many. */
export function fitted(text: string, { columns, rows }: Size): string[] {
  const lines = text.split('\n');
  const heights: number[] = [];
  let used = 0;
  for (const line of lines) {
    const height = rowsOf(line, columns).length;
    if (used + height > rows) break;
    used += height;
    heights.push(height);
  }
  if (heights.length === lines.length) return lines;
  while (used + 1 > rows && heights.length > 0) used -= heights.pop() ?? 0;
  const left = lines.length - heights.length;
  return [...lines.slice(0, heights.length), colour.dim(cut(`… ${count(left, 'more line')}`, columns, 'end'))];
}

/** Draws lines that fit, in one piece and without clearing first: what stays the same does not flicker. */
export function drawn(lines: readonly string[], { columns, rows }: Size): string {
  const used = lines.reduce((sum, line) => sum + rowsOf(line, columns).length, 0);
  const text = lines.map((line) => `${line}${fillsItsRow(line, columns) ? '' : clearToEndOfLine}`).join('\n');
  return `${home}${text}${used < rows ? `\n${clearToEnd}` : ''}`;
}

/** There the cursor stands on the last character still, and clearing would take it. */
function fillsItsRow(line: string, columns: number): boolean {
  return stringWidth(rowsOf(line, columns).at(-1) ?? '') >= columns;
}

/** The line above what is watched; the label gives way where the terminal is narrow. */
export function watchHeader(label: string, seconds: number, at: Date, columns: number): string {
  const start = `${at.toISOString().slice(11, 19)} UTC, every ${seconds}s: `;
  return colour.dim(cut(`${start}${cut(label, Math.max(8, columns - start.length))}`, columns, 'end'));
}
