/** Without either it is reported for comparison. */
export interface Target {
  atMost?: number;
  atLeast?: number;
}

export interface Line {
  what: string;
  /** What was compared, in words: "212 ms / 190 ms". */
  measured: string;
  value: number;
  unit: 'x' | 'MB' | 's' | '/s' | '';
  target: Target;
}

export interface Skipped {
  what: string;
  skipped: string;
}

export type Result = Line | Skipped;

export function isMissed(result: Result): boolean {
  if ('skipped' in result) return false;
  const { atMost = Infinity, atLeast = -Infinity } = result.target;
  return !(result.value <= atMost && result.value >= atLeast);
}

export const ratio = (what: string, ms: number, againstMs: number, target: Target): Line => ({
  ...{ what, measured: `${time(ms)} / ${time(againstMs)}`, value: ms / againstMs, unit: 'x', target },
});

export const speedUp = (what: string, ms: number, againstMs: number, target: Target): Line => ({
  ...{ what, measured: `${time(againstMs)} / ${time(ms)}`, value: againstMs / ms, unit: 'x', target },
});

export const memory = (what: string, peakMb: number): Line => ({
  ...{ what: `${what}: peak memory`, measured: '', value: peakMb, unit: 'MB', target: { atMost: 200 } },
});

const columns = [100, 18, 8, 9];

export const heading = (): string => row(['measure', 'measured', 'result', 'target', '']);

export function formatResult(result: Result): string {
  if ('skipped' in result) return row([result.what, '', '', '', `skipped: ${result.skipped}`]);
  const { what, measured, value, unit, target } = result;
  const digits = { x: 2, s: 1, '/s': 1 };
  const shown = `${unit === 'MB' || unit === '' ? grouped(value) : value.toFixed(digits[unit])}${spaced(unit)}`;
  const hasTarget = target.atMost !== undefined || target.atLeast !== undefined;
  const verdict = isMissed(result) ? 'MISSED' : 'ok';
  return row([what, measured, shown, ...(hasTarget ? [targetText(target, unit), verdict] : [])]);
}

function row(cells: string[]): string {
  return cells.map((cell, i) => cell.padEnd(columns[i] ?? 0)).join('  ').trimEnd(); // prettier-ignore
}

function targetText({ atMost, atLeast }: Target, unit: Line['unit']): string {
  return atMost === undefined ? `>= ${atLeast}${spaced(unit)}` : `<= ${grouped(atMost)}${spaced(unit)}`;
}

export const grouped = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 });

const spaced = (unit: Line['unit']): string => (unit === 'MB' || unit === 's' ? ` ${unit}` : unit);

function time(ms: number): string {
  return ms < 2000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
