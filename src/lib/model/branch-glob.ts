const special: Readonly<Record<string, string>> = { '**': '.*', '*': '[^/]*', '?': '[^/]' };

/** Is it a pattern, and not the name of one branch? No branch of git can have these characters in its name. */
export function isBranchGlob(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** `release/*` has no more slashes, `release/**` any number of them; `?` is one character. */
export function branchMatcher(patterns: readonly string[]): (branch: string) => boolean {
  const expressions = patterns.map(expressionOf);
  return (branch) => expressions.some((expression) => expression.test(branch));
}

function expressionOf(pattern: string): RegExp {
  // Several in a row are one: else a long name could keep the process busy for ever.
  const simple = pattern.replace(/\*{2,}/g, '**').replace(/(?:\*\*\??)+\*\*/g, '**');
  const source = simple.replace(/\*\*|[*?]|[\\^$.+()[\]{}|]/g, (part) => special[part] ?? `\\${part}`);
  return new RegExp(`^${source}$`, 'u');
}
