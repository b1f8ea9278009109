import path from 'node:path';
import { parseDatabaseUrl } from '../db/url.js';
import { Failure } from '../errors.js';
import { didYouMean } from './problem.js';
import type { Path, Problem } from './problem.js';
import { entriesIn, isElsewhere, namesIn } from './sections.js';
import type { Section, Settings } from './sections.js';
import { isMapping } from './values.js';

/** What must be so besides, for masters of bbctl's own to run it. What is of a wrong shape is told elsewhere. */
export function references(file: string, raw: unknown): Problem[] {
  return [
    ...databaseProblems(file, raw),
    ...masterProblems(raw),
    ...ownIn(raw, 'builders').flatMap(([name, settings]) => builderProblems(raw, name, settings)),
    ...ownIn(raw, 'schedulers').flatMap(([name, { builders }]) =>
      texts(builders).flatMap(([builder, index]) =>
        missing(raw, 'builders', builder, ['schedulers', name, 'builders', index]),
      ),
    ),
  ];
}

function ownIn(raw: unknown, section: Section): [string, Settings][] {
  return entriesIn(raw, section).filter(([, settings]) => !isElsewhere(section, settings));
}

function texts(list: unknown): [text: string, index: number][] {
  const all: unknown[] = Array.isArray(list) ? list : [];
  return all.map((one, index) => [one, index]).filter((pair): pair is [string, number] => typeof pair[0] === 'string');
}

function databaseProblems(file: string, raw: unknown): Problem[] {
  const database = isMapping(raw) ? raw['database'] : undefined;
  if (typeof database !== 'string' || database === '') return [];
  try {
    parseDatabaseUrl(database, path.dirname(path.resolve(file)));
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [{ path: ['database'], message: `${error.message} ${error.try ?? ''}`.trim() }];
  }
}

function masterProblems(raw: unknown): Problem[] {
  const own = ownIn(raw, 'masters');
  if (own.length === 0)
    return [{ path: ['masters'], message: "should have a master of bbctl's own (without kind: buildbot)" }];
  const taken = new Map<string, string>();
  return entriesIn(raw, 'masters').flatMap(([key, settings]) => {
    const at = ['masters', key];
    const name = nameOf(settings);
    const first = name === null ? undefined : taken.get(name);
    if (name !== null && first === undefined) taken.set(name, key);
    const twice = first === undefined ? [] : [{ path: [...at, 'name'], message: name === '' ? `is missing: it would be called the same as "${first}"` : `is that of "${first}"` }];
    const { listen, workerListen } = settings;
    const isShared = listen !== undefined && listen !== null && listen === workerListen && !/(^|:)0$/.test(text(listen));
    return [...twice, ...(isShared ? [{ path: [...at, 'workerListen'], message: 'should not be that of "listen"' }] : [])];
  });
} // prettier-ignore

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** `''`: by default, which is the same for all in one folder; `null`: a Buildbot master whose name is not said. */
function nameOf(settings: Settings): string | null {
  const { name } = settings;
  if (typeof name === 'string') return name;
  return isElsewhere('masters', settings) ? null : '';
}

function builderProblems(raw: unknown, name: string, { workers, steps }: Settings): Problem[] {
  const at = ['builders', name, 'workers'];
  const none = texts(workers).length === 0 ? [{ path: at, message: 'should name a worker: nothing could be built' }] : [];
  const unknown = texts(workers).flatMap(([worker, index]) => missing(raw, 'workers', worker, [...at, index], "a worker of bbctl's own: give it local: true or a passwordFile"));
  return [...none, ...unknown, ...(Array.isArray(steps) ? steps.flatMap((step, index) => triggerProblems(raw, step, ['builders', name, 'steps', index])) : [])];
} // prettier-ignore

function triggerProblems(raw: unknown, step: unknown, at: Path): Problem[] {
  const trigger = isMapping(step) ? step['trigger'] : undefined;
  const all = new Map(ownIn(raw, 'schedulers'));
  return texts(isMapping(trigger) ? trigger['schedulers'] : undefined).flatMap(([scheduler, index]) => {
    const where = [...at, 'trigger', 'schedulers', index];
    const settings = all.get(scheduler);
    if (!settings) return missing(raw, 'schedulers', scheduler, where, 'configured here');
    return settings['type'] === 'triggerable' ? [] : [{ path: where, message: 'should name a scheduler of type triggerable' }]; // prettier-ignore
  });
}

const nouns: Readonly<Record<Section, string>> = {
  masters: 'master',
  workers: 'worker',
  builders: 'builder',
  schedulers: 'scheduler',
  changeSources: 'change source',
};

/** `ownAs`: it must be run by bbctl's masters, or else it is not that. */
function missing(raw: unknown, section: Section, name: string, at: Path, ownAs?: string): Problem[] {
  const own = namesIn(raw, section, 'own');
  if (own.includes(name)) return [];
  const others = namesIn(raw, section, 'elsewhere');
  if (others.includes(name)) return ownAs === undefined ? [] : [{ path: at, message: `is not ${ownAs}` }];
  return [{ path: at, message: `is no ${nouns[section]} of this file${didYouMean(name, [...own, ...others])}` }];
}
