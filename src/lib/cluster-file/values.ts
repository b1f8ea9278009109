import { isIPv6 } from 'node:net';
import * as v from 'valibot';
import type { Address, Properties } from '../model/cluster-config.js';
import { isAddress } from '../model/repository-address.js';
import { formatDuration, parseDuration } from '../model/duration.js';

const isPlain = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean';

/** Whatever something is called that is there already. */
export const anyName = v.string(({ input }) =>
  isPlain(input) ? 'should be text: write it in quotes' : 'should be text',
);

/** At most as many characters as its column holds. */
export function text(most = Infinity) {
  return v.pipe(anyText(most), v.nonEmpty('should not be empty'));
}

/** The same, but it may be empty. */
export function anyText(most = Infinity) {
  return v.pipe(
    anyName,
    v.check((value) => [...value].length <= most, `should not be longer than ${most} characters`),
    v.check((value) => !value.includes('\0'), 'should not hold a NUL character'),
  );
}

/** A program takes what begins with "-" for an option. */
export function argument(most: number) {
  return v.pipe(
    text(most),
    v.check((value) => !value.startsWith('-'), 'should not begin with "-"'),
  );
}

/** What git is given to fetch from. */
export function repository(most: number) {
  return v.pipe(
    argument(most),
    v.check(
      (value) => /^-|^$/.test(value) || isAddress(value),
      'should be a path, or an address of https, ssh, git or file: bbctl gives no other to git',
    ),
  );
}

export const flag = v.boolean(({ input }) =>
  /^(yes|no|on|off)$/i.test(String(input)) ? 'should be true or false: yes, no, on and off are text in YAML 1.2' : 'should be true or false',
); // prettier-ignore

export function listOf<T extends v.GenericSchema>(item: T) {
  return v.pipe(
    v.array(item, 'should be a list, like [a, b]'),
    v.checkItems((one, index, all) => all.indexOf(one) === index, 'is there twice'),
  );
}

export function someOf<T extends v.GenericSchema>(item: T) {
  return v.pipe(listOf(item), v.nonEmpty('should not be empty'));
}

export function choice<const T extends readonly string[]>(options: T) {
  return v.picklist(options, `should be ${oneOf(options)}`);
}

/** `a, b or c` */
export function oneOf(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter(Boolean).join(' or ');
}

/** Of what is settings of something: what is not known is told apart (unknown-keys.ts), all of it. */
export function settings<T extends v.ObjectEntries>(what: string, entries: T) {
  return v.looseObject(entries, (issue) =>
    'path' in issue && issue.path !== undefined ? 'is missing' : `should be settings of ${what}`,
  );
}

interface Limits {
  readonly least: number;
  readonly most: number;
  /** Why these. */
  readonly reason?: string;
}

const tenYears = 3650 * 86_400;

/** → milliseconds; limits are seconds. */
export function duration({ least, most, reason }: Limits = { least: 1, most: tenYears }) {
  const range = `should be from ${formatDuration(least)} to ${formatDuration(most)}${reason ? `: ${reason}` : ''}`;
  return v.pipe(
    v.custom<string | number>((value) => secondsOf(value) !== null, 'should be a duration like 90s, 10m or 1h30m'),
    v.transform((value) => Math.round((secondsOf(value) ?? 0) * 1000)),
    v.check((ms) => ms >= least * 1000 && ms <= most * 1000, range),
  );
}

function secondsOf(value: unknown): number | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  try {
    return parseDuration(String(value));
  } catch {
    return null;
  }
}

/** `host:port`, `[::1]:port`; a port alone is for this machine only. */
export const address = v.pipe(
  v.custom<string | number>((value) => addressOf(value) !== null, 'should be host:port, [::1]:port or a port (then of 127.0.0.1); 0.0.0.0 is every address of the machine'),
  v.transform((value) => addressOf(value)!),
); // prettier-ignore

function addressOf(value: unknown): Address | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const parts = /^(?:(?:\[(?<ipv6>[^\]]+)\]|(?<name>[\w.-]+)):)?(?<port>\d{1,5})$/.exec(String(value))?.groups;
  if (!parts || Number(parts['port']) > 65_535) return null;
  if (parts['ipv6'] !== undefined && !isIPv6(parts['ipv6'])) return null;
  return { host: parts['ipv6'] ?? parts['name'] ?? '127.0.0.1', port: Number(parts['port']) };
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** As long as the column of names of properties. */
const mostOfProperty = 256;

/** Whatever JSON can say. */
export const properties = v.pipe(
  v.custom<Properties>(isMapping, 'should map names of properties to values'),
  v.check((all) => Object.keys(all).every((name) => [...name].length <= mostOfProperty), `should have no name longer than ${mostOfProperty} characters`),
  v.check((all) => isJson(all), 'should hold only what JSON can say: no .nan, no .inf'),
); // prettier-ignore

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return typeof value === 'string' || typeof value === 'boolean';
  return value === null || Object.values(value).every(isJson);
}

export const environment = v.pipe(
  v.custom<Readonly<Record<string, string>>>(
    (value) => isMapping(value) && Object.values(value).every((one) => typeof one === 'string'),
    'should map names of variables to text: write numbers, true and false in quotes',
  ),
  v.check(
    (all) => Object.entries(all).every(([name, value]) => /^[^=\0]+$/.test(name) && !value.includes('\0')),
    'should have no name with "=", none that is empty, and no NUL characters',
  ),
);
