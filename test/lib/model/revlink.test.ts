import test from 'ava';
import { revlink } from '../../../src/lib/model/revlink.js';

const links: readonly (readonly [repository: string, link: string])[] = [
  ['https://github.com/o/r', 'https://github.com/o/r/commit/X'],
  ['https://github.com/o/r.git', 'https://github.com/o/r/commit/X'],
  ['git://github.com/o/r.git', 'https://github.com/o/r/commit/X'],
  ['git@github.com:o/r.git', 'https://github.com/o/r/commit/X'],
  ['ssh://git@github.com/o/r', 'https://github.com/o/r/commit/X'],
  ['https://me@bitbucket.org/o/r.git', 'https://bitbucket.org/o/r/commits/X'],
  ['git@bitbucket.org:o/r', 'https://bitbucket.org/o/r/commits/X'],
  ['git://p.git.sourceforge.net/gitroot/a/b', 'http://p.git.sourceforge.net/git/gitweb.cgi?p=a/b;a=commit;h=X'],
  ['me@p.git.sourceforge.net:gitroot/a/b', 'http://p.git.sourceforge.net/git/gitweb.cgi?p=a/b;a=commit;h=X'],
  ['ssh://me@p.git.sourceforge.net/gitroot/a', 'http://p.git.sourceforge.net/git/gitweb.cgi?p=a;a=commit;h=X'],
  ['git://git.code.sf.net/p/proj/code', 'https://sourceforge.net/p/proj/code/ci/X/'],
  ['ssh://me@git.code.sf.net/p/proj/code', 'https://sourceforge.net/p/proj/code/ci/X/'],
  ['https://github.com/o/r/more', ''],
  ['https://bitbucket.org/o/r', ''],
  ['/srv/git/r.git', ''],
];

for (const [repository, link] of links) {
  test(`a commit of ${repository} is shown at ${link || 'no page'}`, (t) => {
    t.is(revlink(repository, 'X'), link);
  });
}
