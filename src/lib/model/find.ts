import { Failure } from '../errors.js';
import { list, printable } from './names.js';

interface Named {
  readonly id: number;
  readonly name: string;
}

/**
 * What a person named: by its exact name, else by its id. Never by a part of the name: a prefix that is unique today
 * may be two masters' tomorrow.
 */
export function findNamed<T extends Named>(things: readonly T[], text: string, noun: string): T[] {
  const named = things.filter((thing) => thing.name === text);
  if (named.length > 0) return named;
  const byId = /^\d+$/.test(text) ? things.filter((thing) => thing.id === Number(text)) : [];
  if (byId.length > 0) return byId;
  throw new Failure('notFound', `There is no ${noun} "${printable(text)}".`, { try: suggestion(things, text, noun) });
}

/**
 * The same for several names, found once: a later look finds the same things by their keys, and misses those that have
 * gone meanwhile.
 */
export function namedOnce<T extends Named>(
  words: readonly string[],
  noun: string,
  keyOf: (thing: T) => string = ({ id }) => String(id),
): (things: readonly T[]) => T[] {
  let keys: ReadonlySet<string> | undefined;
  return (things) => {
    const wanted = (keys ??= new Set(words.flatMap((word) => findNamed(things, word, noun)).map(keyOf)));
    return things.filter((thing) => wanted.has(keyOf(thing)));
  };
}

function suggestion(things: readonly Named[], text: string, noun: string): string {
  const close = things
    .filter((thing) => thing.name.includes(text) || text.includes(thing.name))
    .map((thing) => printable(thing.name));
  return close.length > 0
    ? `Do you mean ${list(close, 3)}? The whole name or the id is needed.`
    : `See them with "bbctl ${noun.replace(/^change source$|^scheduler$/, 'service')}s".`;
}

/** An id that was typed: digits only. */
export function parseId(text: string, noun: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new Failure('usage', `"${printable(text)}" is not the id of a ${noun}: it must be a whole number.`, {
    try: `See the ids with "bbctl ${noun === 'change' ? 'journal' : `${noun}s`}".`,
  });
}
