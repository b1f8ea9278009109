// Which Buildbot can start on the schema that there is, and which cannot once it was upgraded.
import test from 'ava';
import type { DatabaseFacts } from '../../../../src/lib/model/cluster.js';
import { buildbotOf } from '../../../../src/lib/model/schema-steps.js';
import { clusterWith, masterFacts, masterIn } from '../../../_helpers/facts.js';
import { another, blockersOf, entry, facts, newcomer, old, ownNewcomer, plan } from '../../../_helpers/upgrades.js';

function on(revision: string, database: Partial<DatabaseFacts> = {}, more: Parameters<typeof facts>[0] = {}) {
  return facts({ database: { ...clusterWith().database, revision, buildbot: buildbotOf(revision), ...database }, ...more }); // prettier-ignore
}

const buildbot = (version: string) => [newcomer('new', { version })];

test('a new master that wants a newer revision waits for upgrade-master, which is told with what it adds', (t) => {
  const { blockers, warnings } = plan({ start: buildbot('3.10.1') });
  t.is(blockers.length, 1);
  t.is(blockers[0]?.message, 'host:/srv/new (Buildbot 3.10.1) can start only on revision 064 of the schema: "buildbot upgrade-master" must make that of 059 first, which adds the table projects and the columns builders.projectid, builders.description_format, builders.description_html, steps.locks_acquired_at, workers.pause_reason.'); // prettier-ignore
  t.is(blockers[0]?.override, null);
  t.true(warnings.some((one) => one.startsWith('After "buildbot upgrade-master" no older Buildbot can be started')));
  t.deepEqual(blockersOf({ start: [...buildbot('3.8.0'), newcomer('two', { version: '3.4' })] }), []);
});

test('across 4.0 nothing runs on beside the new masters: drain, upgrade, start', (t) => {
  const two = on('064', {}, { masters: [old, another()] });
  const { blockers } = plan({ start: buildbot('4.3.0'), facts: two });
  t.is(blockers.length, 1);
  t.regex(blockers[0]?.message ?? '', /which adds the tables codebases, .* Running masters do not survive that: .*builds\.locks_duration_s/); // prettier-ignore
  t.is(blockers[0]?.try, '"bbctl masters drain host:/srv/old host:/srv/other" (2 masters run), then "buildbot upgrade-master", then start the new ones.'); // prettier-ignore
  t.is(blockers[0]?.override, null);
  t.regex(
    plan({ start: buildbot('4.3.0'), facts: on('064') }).blockers[0]?.try ?? '',
    /^"bbctl masters drain host:\/srv\/old" \(1 master runs\)/,
  );
  const stopped = masterFacts({ id: 1, name: 'host:/srv/old', active: false, has: { builderMasters: [] } });
  const alone = plan({ start: buildbot('4.3.0'), facts: on('064', {}, { masters: [stopped], services: [], builders: [], workers: [] }) }); // prettier-ignore
  t.regex(alone.blockers[0]?.try ?? '', /^Make a backup/);
  t.regex(plan({ start: buildbot('4.3.0'), facts: on('066') }).blockers[0]?.try ?? '', /^Make a backup/);
});

test('a new master that is older than the schema cannot start', (t) => {
  const [only] = blockersOf({ start: buildbot('3.7.0'), facts: on('067') });
  t.regex(only ?? '', /^host:\/srv\/new \(Buildbot 3\.7\.0\) cannot start on this schema: it is newer \(revision 067\) .*\(059\).* \| Install Buildbot 4\.3 for it, or a newer one\.$/); // prettier-ignore
});

test('one that runs already fits; what its Buildbot has told goes before its version', (t) => {
  const there = newcomer('new', { version: '4.3.0', master: masterIn('active', { id: 2, name: 'host:/srv/new' }) });
  t.false(blockersOf({ start: [there] }).some((one) => one.includes('revision')));
  t.regex(
    blockersOf({ start: [newcomer('new', { version: '3.7.0', revision: 60 })] })[0] ?? '',
    /only on revision 060/,
  );
});

test('a version that nobody knows is told', (t) => {
  const unknown = plan({ start: [newcomer('new', { version: null })] });
  t.deepEqual(unknown.blockers, []);
  t.true(unknown.warnings.some((one) => /^Whether host:\/srv\/new can start on this schema shows only when it does\. Write its version/.test(one))); // prettier-ignore
  t.true(plan({ start: buildbot('4.9.0') }).warnings.some((one) => one.endsWith('bbctl does not know that version.')));
});

test("masters of bbctl's own fit each schema that they know", (t) => {
  const start = [ownNewcomer('new')];
  for (const revision of ['58', '059', '067']) t.deepEqual(blockersOf({ start, facts: on(revision) }), [], revision);
  t.regex(blockersOf({ start, facts: on('52') })[0] ?? '', /^host:\/srv\/new cannot work on this schema/);
  t.true(plan({ start, facts: on('070', { unknownRevision: true }) }).warnings.some((one) => /newer than this bbctl knows/.test(one))); // prettier-ignore
});

test('old masters under which the schema was upgraded cannot be started again', (t) => {
  const told = (version: string, revision: string) => plan({ facts: on(revision), start: [ownNewcomer('new')], entries: [entry('old', { version })] }).warnings.filter((one) => one.startsWith('The schema was upgraded')); // prettier-ignore
  t.deepEqual(told('3.7.0', '062'), ['The schema was upgraded under host:/srv/old (Buildbot 3.7.0): once stopped, it cannot be started again, by an abort neither.']); // prettier-ignore
  t.regex(told('3.7.0', '066')[0] ?? '', /across 4\.0 they cannot start a build any more: drain them now\.$/);
  t.deepEqual(told('3.7.0', '059'), []);
});
