/** A property of a build: whatever JSON can say, and who has set it. */
export interface Property {
  readonly value: unknown;
  readonly source: string;
}

export type PropertyMap = ReadonlyMap<string, Property>;

/** `%(prop:NAME)s`, or `%(prop:NAME:-what else)s`. */
const pattern = /%\(prop:([^():]+)(?::-([^()]*))?\)s/g;

/** Does a text name a property? */
export function namesProperty(text: string): boolean {
  return text.search(pattern) !== -1;
}

/** With the values of properties filled in, as Buildbot's `Interpolate` does: what there is none of is empty. */
export function filledIn(text: string, properties: PropertyMap): string {
  return text.replace(pattern, (_whole, name: string, otherwise: string | undefined) => {
    const property = properties.get(name);
    return property === undefined ? (otherwise ?? '') : shown(property.value);
  });
}

/** The same in all texts of a value that JSON can say. */
export function filledInAll(value: unknown, properties: PropertyMap): unknown {
  if (typeof value === 'string') return filledIn(value, properties);
  if (Array.isArray(value)) return value.map((one) => filledInAll(one, properties));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filledInAll(one, properties)]));
}

/** As Python's `str` would, where that is no text of a program's insides. */
function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}
