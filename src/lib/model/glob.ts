/**
 * Does a path match? `*` and `?` stand for what has no slash, `**` for anything, and a leading part `**` and its slash
 * also for nothing: `src/**`, `*.md` (of the top folder only), `**` + `/*.md`.
 */
export function matchesGlob(glob: string, path: string): boolean {
  return patternOf(glob).test(path);
}

function patternOf(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[^*?]+/g, (part) => wildcards.get(part) ?? literally(part));
  return new RegExp(`^${source}$`, 'su');
}

const wildcards = new Map([
  ['**/', '(?:.*/)?'],
  ['**', '.*'],
  ['*', '[^/]*'],
  ['?', '[^/]'],
]);

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
