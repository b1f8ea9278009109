/** Names of collections and what is named in them, one after the other: `builders/docs/builds/7/steps`. */
export interface DataPath {
  /** The collections alone: `builders/builds/steps`. */
  readonly place: string;
  /** What is named in each of them but perhaps the last: `['docs', '7']`. */
  readonly keys: readonly string[];
  /** Does it name one, not the whole collection? */
  readonly isOne: boolean;
}

/** `null`: it cannot be one. */
export function parseDataPath(path: string): DataPath | null {
  const words = path.split('/').map(decoded);
  if (words.some((word) => word === null || word === '' || word.includes('\0'))) return null;
  const all = words as string[];
  return {
    place: all.filter((_, index) => index % 2 === 0).join('/'),
    keys: all.filter((_, index) => index % 2 === 1),
    isOne: all.length % 2 === 0,
  };
}

function decoded(word: string): string | null {
  try {
    return decodeURIComponent(word);
  } catch {
    return null;
  }
}

/** An id, where it is written as one and a column can hold it. */
export function asId(key: string): number | null {
  const id = /^\d{1,10}$/.test(key) ? Number(key) : NaN;
  return id <= 2 ** 31 - 1 ? id : null;
}
