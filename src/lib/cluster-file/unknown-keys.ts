import type { GenericSchema } from 'valibot';
import { didYouMean } from './problem.js';
import type { Path, Problem } from './problem.js';
import { isMapping } from './values.js';

/** All keys that the settings, and the settings in them, do not have. */
export function unknownKeys(schema: GenericSchema, value: unknown, path: Path): Problem[] {
  const entries = entriesOf(schema);
  if (entries === null) return [];
  if (Array.isArray(value)) return [{ path, message: 'should map settings to values, and is a list' }];
  if (!isMapping(value)) return [];
  const known = Object.keys(entries);
  return Object.entries(value).flatMap(([key, inner]) => {
    const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (entry) return unknownKeys(entry, inner, [...path, key]);
    const message = `is not known here${didYouMean(key, known)}; there can be ${known.join(', ')}`;
    return [{ path: [...path, key], message }];
  });
}

/** Of the settings, also where they may be left out; `null`: it is something else. */
export function entriesOf(schema: GenericSchema): Readonly<Record<string, GenericSchema>> | null {
  if ('wrapped' in schema) return entriesOf(schema.wrapped as GenericSchema);
  return 'entries' in schema ? (schema.entries as Record<string, GenericSchema>) : null;
}
