const names = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR)$/;

/** Of the master's own environment what a build may see: no secret is among it. */
export function baseEnvironment(own: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) => (names.test(name) && value !== undefined ? [[name, value]] : [])),
  );
}

/** The base, and what was configured over it, where `${PATH}` stands for what the base has. */
export function environmentOf(base: Record<string, string>, ...configured: Readonly<Record<string, string>>[]): Record<string, string> {
  const over = Object.entries(Object.assign({}, ...configured) as Record<string, string>);
  const filled = over.map(([name, value]) => [name, value.replace(/\$\{(\w*)\}/g, (_, key: string) => base[key] ?? '')]);
  return { ...base, ...(Object.fromEntries(filled) as Record<string, string>) };
} // prettier-ignore
