export interface Screen {
  /** From the top of what was ever printed, without spaces at the ends. */
  readonly lines: readonly string[];
  readonly isCursorShown: boolean;
}

/** What a terminal shows after it has got all of this: the few sequences that are used, and none else. */
export function screenOf(output: string, columns: number): Screen {
  const lines: string[] = [''];
  let [row, column, isCursorShown] = [0, 0, true];
  const put = (character: string): void => {
    if (column === columns) [row, column] = [row + 1, 0];
    while (lines.length <= row) lines.push('');
    const line = (lines[row] ?? '').padEnd(column);
    lines[row] = line.slice(0, column) + character + line.slice(column + 1);
    column += 1;
  };
  const obey = (sequence: string, number: number, letter: string): void => {
    if (letter === 'm') return;
    if (letter === 'A') row = Math.max(0, row - number);
    else if (letter === 'G') column = 0;
    else if (letter === 'K') lines[row] = '';
    else if (sequence === '?25h' || sequence === '?25l') isCursorShown = letter === 'h';
    else throw new Error(`What is ${JSON.stringify(sequence)}?`);
  };
  for (const [token, sequence, number, letter] of output.matchAll(/\u001b\[([?]?(\d*)[;\d]*([A-Za-z]))|[^]/gu)) {
    if (sequence !== undefined) obey(sequence, Number(number || 1), letter ?? '');
    else if (token === '\n') row += 1;
    else if (token === '\r') column = 0;
    else put(token);
    while (lines.length <= row) lines.push('');
  }
  return { lines: lines.map((line) => line.trimEnd()), isCursorShown };
}
