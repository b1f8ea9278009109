/** `steps.name` is an identifier of 50 characters, and of one build all are different. */
const longest = 50;

/** Repeated names get a number, as Buildbot gives it: `shell`, `shell_1`. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 1; taken.has(unique); count++) unique = `${name.slice(0, longest - `_${count}`.length)}_${count}`;
    taken.add(unique);
    return unique;
  });
}
