import * as v from 'valibot';
import { builder, steps } from './builder-settings.js';
import { controlProblems } from './control-settings.js';
import { buildbotMaster, ownMaster } from './master-settings.js';
import { nameProblems } from './names.js';
import { didYouMean } from './problem.js';
import type { Path, Problem } from './problem.js';
import { changeSources, codebase, codebaseNames, elsewhere, schedulers } from './scheduler-settings.js';
import { isElsewhere, sections } from './sections.js';
import type { Section, Settings } from './sections.js';
import { top, worker } from './top-settings.js';
import { unknownKeys } from './unknown-keys.js';
import { isMapping, oneOf } from './values.js';

/** Everything that is wrong with what is there, and what is missing of it. */
export function validate(raw: unknown): Problem[] {
  if (raw !== null && !isMapping(raw)) return [{ path: [], message: 'should map settings of the cluster to values' }];
  return [...problemsOf(top, raw ?? {}, []), ...sections.flatMap((section) => sectionProblems(raw, section))];
}

function sectionProblems(raw: Settings | null, section: Section): Problem[] {
  const named = raw?.[section];
  if (!isMapping(named)) return [];
  return Object.entries(named).flatMap(([name, given]) => {
    const path = [section, name];
    const settings = given ?? {};
    if (!isMapping(settings)) return [{ path, message: 'should be settings, like {…}' }];
    const names = isElsewhere(section, settings) ? [] : nameProblems(section, name, settings);
    return [...names, ...entryProblems[section](settings, path)];
  });
}

const entryProblems: Readonly<Record<Section, (settings: Settings, path: Path) => Problem[]>> = {
  masters: (settings, path) => [...problemsOf(isElsewhere('masters', settings) ? buildbotMaster : ownMaster, settings, path), ...controlProblems(settings, path)],
  workers: (settings, path) => [...problemsOf(worker, settings, path), ...workerProblems(settings, path)],
  builders: (settings, path) => [...problemsOf(builder, settings, path), ...stepProblems(settings['steps'], [...path, 'steps'])],
  schedulers: (settings, path) => [...typedProblems('schedulers', schedulers, settings, path), ...codebaseProblems(settings['codebases'], [...path, 'codebases']), ...branchProblems(settings, path)],
  changeSources: (settings, path) => typedProblems('changeSources', changeSources, settings, path),
}; // prettier-ignore

function problemsOf(schema: v.GenericSchema, value: unknown, path: Path): Problem[] {
  const issues = v.safeParse(schema, value).issues ?? [];
  const wrong = issues.map((issue): Problem => {
    const keys = (issue.path ?? []).map(({ key }) => key as string | number);
    return { path: [...path, ...keys], message: issue.message, isMissing: isMissing(issue) };
  });
  return [...wrong, ...unknownKeys(schema, value, path)];
}

function isMissing({ path, type }: v.BaseIssue<unknown>): boolean {
  return type === 'loose_object' && path?.at(-1)?.origin === 'key';
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function workerProblems(settings: Settings, path: Path): Problem[] {
  const { local, slots, passwordFile } = settings;
  const isLocal = isThere(local) && local !== false;
  const isRemote = isThere(passwordFile);
  if (isLocal && isRemote) return [{ path, message: 'should be local or have a passwordFile, not both' }];
  if (isRemote && slots !== undefined) return [{ path: [...path, 'slots'], message: 'is of local workers only' }];
  if (isLocal || isRemote || Object.keys(settings).length === 0) return [];
  return [{ path, message: 'should say local: true, or have a passwordFile', isMissing: true }];
}

function stepProblems(list: unknown, path: Path): Problem[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((step: unknown, index) => {
    const at = [...path, index];
    const entries = isMapping(step) ? Object.entries(step) : [];
    const found = entries.find(([kind]) => Object.hasOwn(steps, kind));
    if (!found) return [{ path: at, message: `should be {shell: …}, {git: …} or {trigger: …}${didYouMean(entries[0]?.[0] ?? '', Object.keys(steps))}` }];
    const [kind, settings] = found as [keyof typeof steps, unknown];
    const others = entries.filter(([key]) => key !== kind).map(([key]) => ({ path: [...at, key], message: `should stand in the settings of the step, like {${kind}: {${key}: …}}` }));
    return [...problemsOf(steps[kind], stepSettings(kind, settings), [...at, kind]), ...others];
  });
} // prettier-ignore

/** `{shell: "make test"}` is short for `{shell: {command: "make test"}}`. */
export function stepSettings(kind: string, given: unknown): unknown {
  return kind === 'shell' && !isMapping(given) ? { command: given } : given;
}

function typedProblems(section: Section, schemas: Readonly<Record<string, v.GenericSchema>>, settings: Settings, path: Path): Problem[] {
  if (isElsewhere(section, settings)) return problemsOf(elsewhere, settings, path);
  const { type } = settings;
  const at = [...path, 'type'];
  const types = Object.keys(schemas);
  if (type === undefined || type === null) return [{ path: at, message: `is missing: should be ${oneOf(types)}`, isMissing: true }];
  const schema = typeof type === 'string' && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
  if (schema) return problemsOf(schema, settings, path);
  return [{ path: at, message: `should be ${oneOf(types)}${typeof type === 'string' ? didYouMean(type, types) : ''}` }];
} // prettier-ignore

function codebaseProblems(given: unknown, path: Path): Problem[] {
  if (Array.isArray(given)) return problemsOf(codebaseNames, given, path);
  if (!isMapping(given)) return [];
  return Object.entries(given).flatMap(([name, one]) => [
    ...problemsOf(codebaseNames, [name], path),
    ...problemsOf(codebase, one ?? {}, [...path, name]),
  ]);
}

function branchProblems({ type, branch, branches }: Settings, path: Path): Problem[] {
  if (isThere(branch) && isThere(branches)) return [{ path, message: 'should have branch or branches, not both' }];
  if (type !== 'single-branch' || isThere(branch) || isThere(branches)) return [];
  return [{ path: [...path, 'branch'], message: 'is missing', isMissing: true }];
}
