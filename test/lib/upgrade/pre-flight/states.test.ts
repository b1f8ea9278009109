// Masters that cannot be started or drained as they are, and processes of which the database knows otherwise.
import test from 'ava';
import type { Master } from '../../../../src/lib/model/master.js';
import { masterFacts, masterIn, now, ownMaster } from '../../../_helpers/facts.js';
import { another, blockersOf, controls, entry, facts, newcomer, old, plan } from '../../../_helpers/upgrades.js';

const [OLD, NEW] = ['host:/srv/old', 'host:/srv/new'];
const oldAs = (settings: Parameters<typeof masterFacts>[0]) => facts({ masters: [{ ...old, ...masterFacts({ id: 1, name: OLD, ...settings }) }] }); // prettier-ignore
const newIn = (state: Master['state'], settings: Partial<Master> = {}) => [newcomer('new', { master: masterIn(state, { id: 2, name: NEW, active: !['stopped', 'starting', 'unclean'].includes(state), ...settings }) })]; // prettier-ignore
/** Of the state alone. */
const first = (asked: Parameters<typeof plan>[0]): string => blockersOf(asked ?? {})[0] ?? '';

test('an old master that is dead, unclean or starting cannot be drained', (t) => {
  t.regex(first({ facts: oldAs({ lastActive: now - 700 }) }), /^host:\/srv\/old is dead: .* \| bbctl masters expire host:\/srv\/old$/); // prettier-ignore
  t.regex(first({ facts: oldAs({ active: false, has: { claims: 1, builderMasters: [] } }) }), /^host:\/srv\/old is not active, but/); // prettier-ignore
  t.regex(first({ facts: oldAs({ active: false }) }), /^host:\/srv\/old is starting\./);
});

test('an old master whose process is gone has died: it is expired first', (t) => {
  const gone = { presence: new Map([[OLD, 'gone' as const]]) };
  t.regex(first(gone), /^The process of host:\/srv\/old is gone, .* \| "bbctl masters expire host:\/srv\/old" as soon as its heart is late \(with --force\)/); // prettier-ignore
  t.regex(first({ ...gone, facts: oldAs({ lastActive: now - 200 }) }), / \| "bbctl masters expire host:\/srv\/old" with --force; then/); // prettier-ignore
  for (const presence of ['running', 'unknown'] as const) t.is(first({ presence: new Map([[OLD, presence]]) }), '');
  t.regex(first({ presence: new Map([[OLD, 'running']]), facts: oldAs({ lastActive: now - 700 }) }), /^The process of host:\/srv\/old runs, though it is dead .* \| Stop its process; then/); // prettier-ignore
});

test('what its control could not tell, and a heart that is quiet, are warnings', (t) => {
  const failing = plan({ presence: new Map([[OLD, { error: 'ssh ended with status 255' }]]) });
  t.deepEqual([failing.blockers, failing.warnings[0]], [[], 'Whether the process of host:/srv/old runs is not known: ssh ended with status 255.']); // prettier-ignore
  t.regex(plan({ facts: oldAs({ lastActive: now - 200 }) }).warnings[0] ?? '', /^host:\/srv\/old is late: its last heartbeat was 3m 20s ago\. It may not do/); // prettier-ignore
  t.regex(plan({ facts: oldAs({ has: { builderMasters: [], openBuilds: 1 } }) }).warnings[0] ?? '', /^host:\/srv\/old lives, but was expired/); // prettier-ignore
});

test('a new master that is not stopped, and not there, has to be looked after first', (t) => {
  const ways = { dead: /\| bbctl masters expire host:\/srv\/new$/, unclean: /\| bbctl masters expire/, starting: /\| Wait until/, late: /\| Wait until/, silent: /--force host/, zombie: /\| Stop its process/ }; // prettier-ignore
  for (const [state, way] of Object.entries(ways)) {
    const [only, ...rest] = blockersOf({ start: newIn(state as Master['state']) });
    t.regex(only ?? '', /^host:\/srv\/new, which is to be started, /, state);
    t.regex(only ?? '', way, state);
    t.deepEqual(rest.filter((one) => one.includes(NEW)), [], state); // prettier-ignore
  }
  t.deepEqual(blockersOf({ start: newIn('stopped') }), []);
});

test('a new master that drains is refused, with the way to take that back', (t) => {
  const draining = ownMaster({ condition: { state: 'draining', listen: null } });
  const start = newIn('active', { run: draining.run, condition: draining.condition });
  t.true(blockersOf({ start }).some((one) => one.startsWith(`${NEW}, which is to be started, drains. | "bbctl masters drain ${NEW} --cancel"`))); // prettier-ignore
});

test('a new master whose process runs, and that the database does not have active, is not started once more', (t) => {
  const running = new Map([[NEW, 'running' as const]]);
  t.regex(first({ presence: running }), /^The process of host:\/srv\/new runs already, though the database does not have it active/); // prettier-ignore
  for (const state of ['stopped', 'starting'] as const) t.regex(first({ presence: running, start: newIn(state) }), /runs already/, state); // prettier-ignore
  for (const state of ['dead', 'unclean'] as const) t.regex(first({ presence: running, start: newIn(state) }), /^The process of host:\/srv\/new runs, though it is/, state); // prettier-ignore
  t.is(first({ presence: new Map([[NEW, 'gone']]) }), '');
  t.regex(plan({ presence: new Map([[NEW, { error: 'no ssh' }]]) }).warnings[0] ?? '', /^Whether the process of host:\/srv\/new runs/); // prettier-ignore
  const there = { start: newIn('active'), facts: facts({ builders: [], workers: [], services: [] }) };
  t.is(first({ ...there, presence: running }), '');
  t.regex(first({ ...there, presence: new Map([[NEW, 'gone']]) }), /is gone, though the database has it active/);
});

test('one master in both lists, and one that is named twice, are refused', (t) => {
  const both = blockersOf({ start: [newcomer('old', { master: masterIn('active', { name: OLD }) })] });
  t.is(both.length, 1);
  t.regex(both[0] ?? '', /^host:\/srv\/old is to be started and drained: .* \| To upgrade a master in its place: "bbctl masters drain host:\/srv\/old"/); // prettier-ignore
  t.regex(first({ start: [newcomer('a', { name: NEW }), newcomer('b', { name: NEW })] }), /^a, b of cluster\.yaml are the same master, host:\/srv\/new\./); // prettier-ignore
  t.is(first({ start: [newcomer('a'), newcomer('b')] }), '');
});

test('what nothing says how to do blocks; what only an abort would need is told', (t) => {
  const [withoutStart, withoutDrain] = [{ drain: controls.drain! }, { start: controls.start! }];
  const startless = newcomer('new', { controlled: { ...newcomer('new').controlled, control: withoutStart } });
  t.regex(first({ start: [startless] }), /^Nothing says how to start host:\/srv\/new\. \| [^]*\n {4}new:\n {6}kind: buildbot\n[^]* start: \{exec: \[ssh, host, buildbot, start, \/srv\/new\]\}$/); // prettier-ignore
  t.is(first({ start: [{ ...startless, master: masterIn('active', { id: 2, name: NEW }) }], facts: facts({ services: [], builders: [], workers: [] }) }), ''); // prettier-ignore
  t.regex(
    first({ entries: [entry('old', { control: withoutDrain })] }),
    /^Nothing says how to drain host:\/srv\/old\./,
  );
  t.regex(first({ entries: [entry('old', { control: { start: { exec: ['x'] }, drain: { exec: ['x'] } } })], onDeadline: 'kill' }), /^Nothing says how to kill host:\/srv\/old\./); // prettier-ignore
  const abort = plan({ entries: [entry('old', { control: withoutStart })], start: [newcomer('new', { controlled: { ...newcomer('new').controlled, control: withoutDrain } })] }); // prettier-ignore
  t.deepEqual([abort.blockers, abort.warnings[0]], [[], 'An abort could not start host:/srv/old again, nor drain host:/srv/new: their "control" in cluster.yaml does not say how.']); // prettier-ignore
  t.false(plan().warnings.some((one) => one.startsWith('An abort')));
});

test('what is neither old nor new: dead masters, claims of nobody, masters that cannot be counted on', (t) => {
  const seen = (settings: Parameters<typeof another>[0], claimed: object[] = []) =>
    facts({ masters: [old, another(settings)], claimed: claimed as never[] });
  const request = { id: 7, buildsetId: 1, builderId: 1, priority: 0, submittedAt: now, waitedFor: false, claim: { masterId: 2, claimedAt: now - 900 } }; // prettier-ignore
  const dead = { lastActive: now - 700, has: { claims: 1, schedulers: [9] } };
  t.regex(first({ facts: seen(dead, [request]) }), /^host:\/srv\/other is dead and has claimed 1 service and 1 request, .* \| bbctl masters expire host:\/srv\/other$/); // prettier-ignore
  const harmless = plan({ facts: seen(dead) });
  t.deepEqual(harmless.blockers, []);
  t.true(harmless.warnings.some((one) => one.startsWith('Not everything was put away of host:/srv/other (dead), but nothing of what moves'))); // prettier-ignore
  const unclean = { active: false, has: { claims: 1, builderMasters: [] } };
  t.regex(first({ facts: seen(unclean, [request]) }), /^host:\/srv\/other is unclean and has claimed 1 request, /);
  const elsewhere = plan({ facts: seen(dead, [{ ...request, builderId: 99 }, { ...request, claim: { masterId: 1, claimedAt: now } }]) }); // prettier-ignore
  t.deepEqual(elsewhere.blockers, [], 'of a builder that stays, and of the old master itself');
  const service = { kind: 'scheduler' as const, id: 9, name: 'nightly', className: null, enabled: true, holderId: 2 };
  t.regex(
    first({ facts: facts({ masters: [old, another(dead)], services: [service] }) }),
    /^host:\/srv\/other is dead/,
  );
  t.regex(first({ facts: facts({ services: [{ ...service, holderId: 99 }] }) }), /^nightly: claimed by a master that is gone .* \| bbctl services release$/); // prettier-ignore
  t.regex(first({ facts: facts({ claimed: [{ ...request, claim: { masterId: 99, claimedAt: now } }] }) }), /^1 request \(7\): claimed by a master that is gone .* \| bbctl requests release$/); // prettier-ignore
  const late = plan({ facts: seen({ lastActive: now - 200 }) });
  t.true(late.warnings.includes('Not counted on: host:/srv/other (late).'));
  t.false(plan({ facts: seen({}) }).warnings.some((one) => one.startsWith('Not counted on')));
});

test('a database that cannot be written blocks before all else; clocks that differ are told', (t) => {
  t.regex(first({ notWritable: 'It is a standby.', facts: oldAs({ lastActive: now - 700 }) }), /^It is a standby\. \| Use the primary/); // prettier-ignore
  const ahead = plan({ facts: oldAs({ lastActive: now + 400 }) });
  t.true(ahead.warnings.some((one) => /host:\/srv\/old has a clock that is 6m 40s ahead of the database's/.test(one)));
  t.true(plan({ facts: oldAs({ clockBehind: 120 }) }).warnings.some((one) => /a clock that is 2m behind/.test(one)));
});
