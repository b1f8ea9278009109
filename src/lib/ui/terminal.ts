import { Chalk } from 'chalk';

/** Colours only where a person looks and wants them; none of them carries a meaning alone. */
function colourful(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR && FORCE_COLOR !== '0') return true;
  return Boolean(stream.isTTY) && TERM !== 'dumb';
}

export const colour = new Chalk({ level: colourful(process.stdout) ? 1 : 0 });
export const errorColour = new Chalk({ level: colourful(process.stderr) ? 1 : 0 });

/** Columns of the terminal (80 where it says 0, as one without a size does); `null` where there is none: text is not cut then. */
export function terminalWidth(): number | null {
  return process.stdout.isTTY ? process.stdout.columns || 80 : null;
}

/** Can lines be drawn anew there? */
export function isDrawable(): boolean {
  return process.stdout.isTTY && process.env['TERM'] !== 'dumb';
}

/** Can somebody answer a question? */
export function isInteractive(): boolean {
  return Boolean(process.stdin.isTTY && process.stderr.isTTY);
}

const stateColours: Record<string, (text: string) => string> = {
  active: colour.green,
  late: colour.yellow,
  starting: colour.yellow,
  silent: colour.yellow,
  stopped: colour.dim,
  dead: colour.red,
  unclean: colour.red,
  zombie: colour.red,
};

export function colourState(state: string): string {
  return (stateColours[state.trim()] ?? String)(state);
}
