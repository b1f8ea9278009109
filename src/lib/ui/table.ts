import stringWidth from 'string-width';
import { verifyColumn } from './list.js';
import type { Column, ListOptions } from './list.js';
import { wrapped } from './prose.js';
import { colour, terminalWidth } from './terminal.js';
import { text } from './format.js';

const gap = '  ';
/** What is shorter is never cut; what is longer not below it. */
const narrowest = 16;

/** Columns as wide as their text; on a terminal long ones are cut, then the last ones left out, until the lines fit. */
export function renderTable<Row extends object>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number | null,
): string {
  const headers = columns.map((column) => column.header ?? column.name.replace(/[A-Z]/g, ' $&').toUpperCase());
  const cells = rows.map((row) => columns.map((column) => cellText(row, column)));
  const natural = headers.map((header, index) => widestOf([header, ...cells.map((line) => line[index] ?? '')]));
  const widths = width === null ? natural : fitted(natural, width);
  const line = (words: readonly string[], paint: (word: string, index: number) => string): string =>
    widths.map((size, index) => paint(pad(cut(words[index] ?? '', size, columns[index]?.cut), size, columns[index]?.align), index)).join(gap).trimEnd(); // prettier-ignore
  const left = headers.slice(widths.length);
  return [
    line(headers, (word) => colour.bold(word)),
    ...cells.map((words) => line(words, (word, index) => columns[index]?.colour?.(word) ?? word)),
    ...(left.length > 0 ? [colour.dim(wrapped(`Too narrow for ${left.join(', ')}.`, 2))] : []),
  ].join('\n');
}

function widestOf(words: readonly string[]): number {
  return words.reduce((widest, word) => Math.max(widest, widthOf(word)), 0);
}

/** Most words are plain; what measures and splits the others takes as long to load as all of the words take to print. */
function isPlain(word: string): boolean {
  return /^[\x20-\x7e]*$/.test(word);
}

function widthOf(word: string): number {
  return isPlain(word) ? word.length : stringWidth(word);
}

function charactersOf(word: string): string[] {
  return isPlain(word) ? [...word] : [...new Intl.Segmenter().segment(word)].map(({ segment }) => segment);
}

function cellText<Row>(row: Row, column: Column<Row>): string {
  const value = row[column.name];
  return column.format ? column.format(value as never, row) : text(value);
}

function fitted(natural: readonly number[], width: number): number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, one) => sum + one, gap.length * (widths.length - 1));
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) > narrowest) widths[widest]!--;
    else if (widths.length > 2) widths.pop();
    else break;
  }
  return widths;
}

/** Leaves the middle out: names of masters and repositories differ at their ends. Counts what a terminal shows. */
export function cut(word: string, width: number, where: 'end' | 'middle' = 'middle'): string {
  if (widthOf(word) <= width) return word;
  const characters = charactersOf(word);
  const tail = fitting([...characters].reverse(), where === 'end' ? 0 : Math.floor((width - 1) / 2)).reverse();
  const head = fitting(characters, width - 1 - widthOf(tail.join('')));
  return `${head.join('')}…${tail.join('')}`;
}

function fitting(characters: readonly string[], width: number): string[] {
  let used = 0;
  const end = characters.findIndex((character) => (used += widthOf(character)) > width);
  return characters.slice(0, end === -1 ? characters.length : end);
}

function pad(word: string, width: number, align: 'right' | undefined): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(word)));
  return align === 'right' ? space + word : word + space;
}

/** The table, or the sentence for an empty one. */
export function renderList<Row extends object>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  options: ListOptions,
  empty: string,
): string {
  const shown = options.columns
    ? options.columns.split(',').map((name) => verifyColumn(name.trim(), columns))
    : columns.filter((column) => !column.hidden);
  return rows.length === 0 ? wrapped(empty, 2) : renderTable(rows, shown, terminalWidth());
}
