import { Failure } from '../errors.js';
import { nearest } from '../model/near.js';
import { printable, thousands } from '../model/names.js';

/** Where something stands in a `cluster.yaml`: keys of maps, and indices of lists. */
export type Path = readonly (string | number)[];

export interface Problem {
  readonly path: Path;
  /** A function where it takes long to find the words: of thousands only the first are asked. */
  readonly message: string | (() => string);
  /** Where that is known better than by its path. */
  readonly line?: number;
  /** Only a part of what is wanted is there: enough for an inventory. */
  readonly isMissing?: boolean;
}

/** More than anybody reads. */
const most = 100;

/** All of them, in the order of the file. */
export function notRight(file: string, problems: readonly Problem[], lineOf: (path: Path) => number): Failure {
  const placed = problems.map((problem) => ({ problem, line: problem.line ?? lineOf(problem.path) }));
  const sorted = placed.sort((a, b) => a.line - b.line);
  const shown = new Set(sorted.slice(0, most).map(({ problem, line }) => `  ${problemLine(problem, line)}`));
  const rest = sorted.length > most ? [`  and ${thousands(sorted.length - most)} more`] : [];
  return new Failure('usage', [`${file} is not right:`, ...shown, ...rest].join('\n'), {
    try: 'Mend it there; nothing was done.',
  });
}

/** `masters.blue.kind, line 7: …` */
function problemLine({ path, message }: Problem, line: number): string {
  const words = typeof message === 'string' ? message : message();
  return `${path.length > 0 ? `${pathText(path)}, ` : ''}line ${line}: ${words}`;
}

export function pathText(path: Path): string {
  return path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${word(key)}`)).join(''); // prettier-ignore
}

function word(key: string): string {
  return /^[^\s.[\]"]+$/.test(key) ? printable(key) : printable(JSON.stringify(key));
}

/** `; did you mean "blue"?`, where something is like it. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const near = nearest(word, candidates);
  return near === null ? '' : `; did you mean "${printable(near)}"?`;
}
