import { isMapping } from './values.js';

export const sections = ['masters', 'workers', 'builders', 'schedulers', 'changeSources'] as const;
export type Section = (typeof sections)[number];

/** What stands in braces, as YAML gives it. */
export type Settings = Readonly<Record<string, unknown>>;

/** The names of a section with their settings; nothing is the same as `{}`. What is no settings is left out. */
export function entriesIn(raw: unknown, section: Section): [name: string, settings: Settings][] {
  const named = isMapping(raw) ? raw[section] : null;
  if (!isMapping(named)) return [];
  return Object.entries(named)
    .map(([name, settings]): [string, unknown] => [name, settings ?? {}])
    .filter((entry): entry is [string, Settings] => isMapping(entry[1]));
}

/**
 * It is known by its name, and not run by bbctl's masters: Buildbot's configure it. A builder is that without steps; the
 * others without any settings (a type says nothing of what to do).
 */
export function isElsewhere(section: Section, settings: Settings): boolean {
  const keys = Object.keys(settings);
  if (section === 'masters') return settings['kind'] === 'buildbot';
  if (section === 'workers') return keys.length === 0;
  if (section !== 'builders') return keys.every((key) => key === 'type');
  const { steps } = settings;
  return steps === undefined || steps === null || (Array.isArray(steps) && steps.length === 0);
}

export function namesIn(raw: unknown, section: Section, which: 'own' | 'elsewhere'): string[] {
  return entriesIn(raw, section)
    .filter(([, settings]) => isElsewhere(section, settings) === (which === 'elsewhere'))
    .map(([name]) => name);
}
