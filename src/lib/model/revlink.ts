/** Where a forge shows a commit; the ones that Buildbot knows without being told. */
const forges: readonly (readonly [repository: RegExp, link: (a: string, b: string, revision: string) => string])[] = [
  [
    /^(?:https:\/\/github\.com\/|git:\/\/github\.com\/|git@github\.com:|ssh:\/\/git@github\.com\/)([^/]*)\/([^/]*?)(?:\.git)?$/,
    (owner, name, revision) => `https://github.com/${owner}/${name}/commit/${revision}`,
  ],
  [
    /^(?:https:\/\/[^@]*@bitbucket\.org\/|git@bitbucket\.org:)([^/]*)\/([^/]*?)(?:\.git)?$/,
    (owner, name, revision) => `https://bitbucket.org/${owner}/${name}/commits/${revision}`,
  ],
  [
    /^(?:git:\/\/|[^@]*@|ssh:\/\/(?:[^@]*@)?)([^.]*)\.git\.sourceforge\.net[/:](?:gitroot\/)(.*)$/,
    (project, name, revision) =>
      `http://${project}.git.sourceforge.net/git/gitweb.cgi?p=${name};a=commit;h=${revision}`,
  ],
  [
    /^(?:git:\/\/|http:\/\/|ssh:\/\/(?:[^@]*@)?)(git\.code\.sf\.net)\/p\/(.*)$/,
    (_host, path, revision) => `https://sourceforge.net/p/${path}/ci/${revision}/`,
  ],
];

/** The page of a commit, as Buildbot makes it of the repository's address; '' where it knows none. */
export function revlink(repository: string, revision: string): string {
  for (const [pattern, link] of forges) {
    const match = pattern.exec(repository);
    if (match) return link(match[1] ?? '', match[2] ?? '', revision);
  }
  return '';
}
