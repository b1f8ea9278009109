import * as v from 'valibot';
import type { Codebase } from '../model/cluster-config.js';
import { mostOfBranch, mostOfCodebase, mostOfRepository } from './builder-settings.js';
import {
  anyName,
  anyText,
  argument,
  repository,
  duration,
  flag,
  isMapping,
  listOf,
  properties,
  settings,
  someOf,
  text,
} from './values.js';

/** Of `buildsets.reason`. */
const mostOfReason = 256;
const mostOfCategory = 255;

export const codebase = settings('a codebase', {
  repository: v.nullish(anyText(mostOfRepository), ''),
  branch: v.nullish(text(mostOfBranch)),
  revision: v.nullish(text(mostOfBranch)),
});

const common = {
  type: text(),
  builders: someOf(text()),
  properties: v.nullish(properties, {}),
  reason: v.nullish(text(mostOfReason)),
  codebases: v.nullish(v.custom<unknown>((value) => Array.isArray(value) || isMapping(value), 'should be a list of codebases, or map them to {repository, branch, revision}'), ['']),
}; // prettier-ignore

const onChanges = {
  ...common,
  branch: v.nullish(text(mostOfBranch)),
  branches: v.nullish(someOf(text(mostOfBranch))),
  repositories: v.nullish(someOf(text(mostOfRepository))),
  projects: v.nullish(someOf(anyText(mostOfRepository))),
  categories: v.nullish(someOf(text(mostOfCategory))),
  importantFiles: v.nullish(someOf(text())),
  onlyImportant: v.nullish(flag, false),
  treeStableTimer: v.nullish(duration({ least: 0, most: 365 * 86_400 })),
};

/** By their `type`. */
export const schedulers = {
  'any-branch': settings('a scheduler', onChanges),
  'single-branch': settings('a scheduler', onChanges),
  periodic: settings('a scheduler', { ...common, every: duration() }),
  nightly: settings('a scheduler', { ...common, cron: text(), timezone: v.nullish(text()) }),
  force: settings('a scheduler', { ...common, label: v.nullish(text()) }),
  triggerable: settings('a scheduler', common),
};

/** By their `type`. */
export const changeSources = {
  'git-poller': settings('a change source', {
    type: text(),
    repository: repository(mostOfRepository),
    branches: v.nullish(someOf(argument(mostOfBranch))),
    every: v.nullish(duration(), '10m'),
    project: v.nullish(anyText(mostOfRepository), ''),
    codebase: v.nullish(anyText(mostOfCodebase), ''),
    category: v.nullish(text(mostOfCategory)),
    timeout: v.nullish(duration(), '10m'),
  }),
};

/** Somebody else's: of any type that there is. */
export const elsewhere = settings('it', { type: v.nullish(anyName) });

/** Codebases may be a list of names. */
export function codebasesOf(value: unknown): Readonly<Record<string, Codebase>> {
  const entries = Array.isArray(value) ? value.map((name) => [String(name), {}] as const) : Object.entries(value as object);
  return Object.fromEntries(
    entries.map(([name, one]) => {
      const { repository, branch = null, revision = null } = v.parse(codebase, one ?? {});
      return [name, { repository, branch, revision }];
    }),
  );
} // prettier-ignore

/** Of a list of codebases. */
export const codebaseNames = listOf(anyText(mostOfCodebase));
