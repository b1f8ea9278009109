/** Is it a pattern, and not the name of one branch? No branch of git can have these characters in its name. */
export function isBranchGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** `release/*` has no more slashes, `release/**` any number of them; `?` is one character, but no slash. */
export function branchMatcher(patterns: readonly string[]): (branch: string) => boolean {
  const globs = patterns.map((pattern) => pattern.match(/\*+|[^*]/gsu) ?? []);
  return (branch) => globs.some((parts) => matches(parts, branch));
}

/**
 * Goes through the text once, with all places of the pattern where it may be: a regular expression of many stars would
 * try them one after the other, and keep the process busy for ever.
 */
function matches(parts: readonly string[], text: string): boolean {
  let places = reached(parts, [0]);
  for (const character of text) {
    places = reached(
      parts,
      places.flatMap((place) => after(parts, place, character)),
    );
  }
  return places.includes(parts.length);
}

/** Stars may stand for nothing. */
function reached(parts: readonly string[], places: readonly number[]): number[] {
  const all = new Set(places);
  for (const place of all) if (parts[place]?.startsWith('*')) all.add(place + 1);
  return [...all];
}

function after(parts: readonly string[], place: number, character: string): number[] {
  const part = parts[place];
  if (part?.startsWith('*')) return part.length > 1 || character !== '/' ? [place] : [];
  return part === character || (part === '?' && character !== '/') ? [place + 1] : [];
}
