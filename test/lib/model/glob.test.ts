// Globs of paths, as people mean them.
import test from 'ava';
import { matchesGlob } from '../../../src/lib/model/glob.js';

const matching: readonly (readonly [string, string])[] = [
  ['src/**', 'src/a/b.c'],
  ['src/*', 'src/a'],
  ['**/*.md', 'README.md'],
  ['**/*.md', 'docs/deep/a.md'],
  ['*.md', 'README.md'],
  ['a?c', 'abc'],
  ['a?c', 'a😀c'],
  ['feature/**/x', 'feature/x'],
  ['**', 'anything/at/all'],
  ['toString/*', 'toString/a'],
  ['a+(b)[c].{d}|^$', 'a+(b)[c].{d}|^$'],
  ['*\n*', 'a\nb'],
];
const other: readonly (readonly [string, string])[] = [
  ['src/*', 'src/a/b'],
  ['src/**', 'lib/src/a'],
  ['*.md', 'docs/a.md'],
  ['a?c', 'a/c'],
  ['a.c', 'abc'],
  ['', 'a'],
  ['**/x', 'ax'],
];

for (const [glob, path] of matching) {
  test(`${JSON.stringify(glob)} matches ${JSON.stringify(path)}`, (t) => t.true(matchesGlob(glob, path)));
}
for (const [glob, path] of other) {
  test(`${JSON.stringify(glob)} does not match ${JSON.stringify(path)}`, (t) => t.false(matchesGlob(glob, path)));
}
