// Commands in Buildbot's words, as its recordings have them; names of git.
import test from 'ava';
import { commandBytes, commandLine, commandSummary, stepState } from '../../../src/lib/model/command-words.js';
import { isCommitId, isRefName } from '../../../src/lib/model/git-names.js';

test('a step is named by the first words of its command', (t) => {
  t.is(commandSummary('make'), "'make'");
  t.is(commandSummary(['make', 'test']), "'make test'");
  t.is(commandSummary('  make -j4   test'), "'make -j4 ...'");
  t.is(stepState("'make'", 0), "'make'");
  t.is(stepState("'make'", 2), "'make' (failure)");
  t.is(stepState("'make'", 6), "'make' (cancelled)");
});

test('the command for a shell, and as Python prints it', (t) => {
  t.is(commandLine(['sh', '-c', 'echo hello; echo err >&2']), "sh -c 'echo hello; echo err >&2'");
  t.is(commandBytes(['sh', '-c', 'exec sleep 1000']), "[b'sh', b'-c', b'exec sleep 1000']");
  t.is(commandBytes('date +%s'), "b'date +%s'");
  t.is(commandBytes(`echo 'a'\t\\\n`), `b"echo 'a'\\t\\\\\\n"`);
  t.is(commandBytes(`'"é`), `b'\\'"\\xc3\\xa9'`);
});

test('names that git would take for something else are refused', (t) => {
  for (const name of ['main', 'feature/x-1', 'HEAD', 'refs/changes/12/3', 'v1.0', 'abc1234', 'é', 'a@b']) t.true(isRefName(name), name); // prettier-ignore
  for (const name of ['', '-x', '--upload-pack=x', '+main', 'a:b', '^main', 'a..b', 'a b', 'a\nb', 'a\0', 'HEAD~1', 'a@{1}', '*', 'a.lock', '../x', '.git', 'a\\b']) t.false(isRefName(name), name); // prettier-ignore
  t.true(isCommitId('a'.repeat(40)));
  t.false(isCommitId('a'.repeat(39)));
});
