import path from 'node:path';
import { parseDatabaseUrl } from '../db/url.js';
import { Failure } from '../errors.js';
import { didYouMean } from './problem.js';
import type { Path, Problem } from './problem.js';
import { entriesIn, isElsewhere } from './sections.js';
import type { Section, Settings } from './sections.js';
import { isMapping } from './values.js';

/** What must be so besides, for masters of bbctl's own to run it. What is of a wrong shape is told elsewhere. */
export function references(file: string, raw: unknown): Problem[] {
  const named = new Named(raw);
  return [
    ...databaseProblems(file, raw),
    ...masterProblems(entriesIn(raw, 'masters')),
    ...[...named.own('builders')].flatMap(([name, settings]) => builderProblems(named, name, settings)),
    ...[...named.own('schedulers')].flatMap(([name, { builders }]) =>
      texts(builders).flatMap(([one, index]) =>
        named.missing('builders', one, ['schedulers', name, 'builders', index]),
      ),
    ),
  ];
}

const nouns = { masters: 'master', workers: 'worker', builders: 'builder', schedulers: 'scheduler', changeSources: 'change source' } as const; // prettier-ignore

class Named {
  private readonly raw: unknown;
  private readonly found = new Map<Section, { own: Map<string, Settings>; elsewhere: Map<string, Settings> }>();

  constructor(raw: unknown) {
    this.raw = raw;
  }

  own(section: Section): ReadonlyMap<string, Settings> {
    return this.in(section).own;
  }

  /** With `ownAs`, it must be run by bbctl's masters, or else it is not that. */
  missing(section: Section, name: string, at: Path, ownAs?: string): Problem[] {
    const { own, elsewhere } = this.in(section);
    if (own.has(name)) return [];
    if (elsewhere.has(name)) return ownAs === undefined ? [] : [{ path: at, message: `is not ${ownAs}` }];
    const message = (): string =>
      `is no ${nouns[section]} of this file${didYouMean(name, [...own.keys(), ...elsewhere.keys()])}`;
    return [{ path: at, message }];
  }

  private in(section: Section) {
    let found = this.found.get(section);
    if (!found) {
      const entries = entriesIn(this.raw, section);
      const own = new Map(entries.filter(([, settings]) => !isElsewhere(section, settings)));
      found = { own, elsewhere: new Map(entries.filter(([name]) => !own.has(name))) };
      this.found.set(section, found);
    }
    return found;
  }
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

function masterProblems(masters: readonly [key: string, settings: Settings][]): Problem[] {
  if (masters.every(([, settings]) => isElsewhere('masters', settings)))
    return [{ path: ['masters'], message: "should have a master of bbctl's own (without kind: buildbot)" }];
  const taken = new Map<string, string>();
  return masters.flatMap(([key, settings]) => {
    const name = nameOf(settings);
    const first = name === null ? undefined : taken.get(name);
    if (name !== null && first === undefined) taken.set(name, key);
    return [...(first === undefined ? [] : [sameName(key, name, first)]), ...portProblems(key, settings)];
  });
}

/** `''`: by default, which is the same for all in one folder; `null`: a Buildbot master whose name is not said. */
function nameOf(settings: Settings): string | null {
  const { name } = settings;
  if (typeof name === 'string') return name;
  return isElsewhere('masters', settings) ? null : '';
}

function sameName(key: string, name: string | null, first: string): Problem {
  const message = name === '' ? `is missing: it would be called the same as "${first}"` : `is that of "${first}"`;
  return { path: ['masters', key, 'name'], message };
}

/** Port 0 is another one each time. */
function portProblems(key: string, { listen, workerListen }: Settings): Problem[] {
  const isShared = (typeof listen === 'string' || typeof listen === 'number') && listen === workerListen;
  if (!isShared || /(^|:)0$/.test(String(listen))) return [];
  return [{ path: ['masters', key, 'workerListen'], message: 'should not be that of "listen"' }];
}

function builderProblems(named: Named, name: string, { workers, steps }: Settings): Problem[] {
  const at = ['builders', name, 'workers'];
  const ownAs = "a worker of bbctl's own: give it local: true or a passwordFile";
  const isBare = texts(workers).length === 0;
  return [
    ...(isBare ? [{ path: at, message: 'should name a worker: nothing could be built' }] : []),
    ...texts(workers).flatMap(([worker, index]) => named.missing('workers', worker, [...at, index], ownAs)),
    ...(Array.isArray(steps) ? steps : []).flatMap((step, index) =>
      triggerProblems(named, step, ['builders', name, 'steps', index, 'trigger', 'schedulers']),
    ),
  ];
}

function triggerProblems(named: Named, step: unknown, at: Path): Problem[] {
  const trigger = isMapping(step) ? step['trigger'] : undefined;
  return texts(isMapping(trigger) ? trigger['schedulers'] : undefined).flatMap(([scheduler, index]) => {
    const settings = named.own('schedulers').get(scheduler);
    if (!settings) return named.missing('schedulers', scheduler, [...at, index], 'configured here');
    return settings['type'] === 'triggerable' ? [] : [{ path: [...at, index], message: 'should name a scheduler of type triggerable' }]; // prettier-ignore
  });
}
