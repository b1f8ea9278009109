// Which changes matter to a scheduler, and how much.
import test from 'ava';
import { importanceOf, type Change, type ChangeInterest } from '../../../src/lib/model/change-filter.js';

const anything = { branches: null, repositories: null, projects: null, categories: null };
const codebases = { '': { repository: '', branch: null, revision: null } };
const interest: ChangeInterest = { filter: anything, codebases, importantFiles: null, onlyImportant: false };
const change: Change = {
  id: 1,
  branch: 'main',
  repository: 'https://r',
  project: 'p',
  category: null,
  codebase: '',
  sourceStampId: 1,
  files: ['src/a.c', 'README.md'],
};

const filtered = (filter: Partial<typeof anything | ChangeInterest['filter']>) => importanceOf(change, { ...interest, filter: { ...anything, ...filter } }); // prettier-ignore

test('without a filter every change is important', (t) => {
  t.is(importanceOf(change, interest), 'important');
  t.is(importanceOf({ ...change, files: [], branch: null }, interest), 'important');
});

test('each part of a filter must be met, and exactly', (t) => {
  t.is(filtered({ branches: ['dev', 'main'], repositories: ['https://r'], projects: ['p'] }), 'important');
  t.is(filtered({ branches: ['Main'] }), null);
  t.is(filtered({ branches: ['main'], projects: ['q'] }), null);
  t.is(filtered({ repositories: ['https://r/'] }), null);
  t.is(filtered({ branches: [] }), null);
});

test('what a change does not have is none of those that are wanted', (t) => {
  t.is(filtered({ categories: ['nightly'] }), null);
  t.is(importanceOf({ ...change, branch: null }, { ...interest, filter: { ...anything, branches: ['main'] } }), null);
});

test('a codebase that is not the scheduler’s is nothing to it', (t) => {
  t.is(importanceOf({ ...change, codebase: 'lib' }, interest), null);
  t.is(importanceOf({ ...change, codebase: 'toString' }, interest), null);
  t.is(importanceOf({ ...change, codebase: 'lib' }, { ...interest, codebases: { lib: codebases[''] } }), 'important');
});

test('one important file makes a change important', (t) => {
  const of = (importantFiles: string[], onlyImportant = false) => importanceOf(change, { ...interest, importantFiles, onlyImportant }); // prettier-ignore
  t.is(of(['src/**']), 'important');
  t.is(of(['docs/**', '*.md']), 'important');
  t.is(of(['docs/**']), 'unimportant');
  t.is(of(['docs/**'], true), null);
  t.is(of([]), 'unimportant');
  t.is(importanceOf({ ...change, files: [] }, { ...interest, importantFiles: ['**'] }), 'unimportant');
});
