import test from 'ava';
import { findAtAGlance } from '../../../../src/lib/model/checks/catalogue.js';
import type { Finding } from '../../../../src/lib/model/finding.js';
import type { Facts } from '../../../../src/lib/model/cluster.js';
import type { MasterFacts } from '../../../../src/lib/model/master.js';
import type { OpenRequest } from '../../../../src/lib/model/request.js';
import { clusterWith, masterFacts, now, service, worker } from '../../../_helpers/facts.js';

const alive = masterFacts({ id: 1, name: 'alive' });
const withFacts = (facts: Partial<Facts>) => findAtAGlance(clusterWith(facts));
const ids = (found: readonly Finding[]) => found.map(({ id }) => id);
const ofMaster = (facts: Parameters<typeof masterFacts>[0]) =>
  withFacts({ masters: [alive, masterFacts({ id: 2, name: 'two', ...facts })] });

function claimed(id: number, masterId: number): OpenRequest {
  const claim = { masterId, claimedAt: now - 3600 };
  return { id, buildsetId: 1, builderId: 1, priority: 0, submittedAt: now - 4000, waitedFor: false, claim };
}

test('nothing is wrong with an empty cluster, nor with one that works', (t) => {
  t.deepEqual(withFacts({}), []);
  t.deepEqual(withFacts({ masters: [alive], services: [service({ holderId: 1 })], claimed: [claimed(1, 1)] }), []);
});

test('each state of a master is told with the command that mends it', (t) => {
  const lastActive = now - 3600;
  const none = { builderMasters: [] };
  const told: [Partial<MasterFacts> & { has?: object }, string, Finding['severity'], RegExp, string][] = [
    [
      { lastActive },
      'master-dead',
      'critical',
      /is dead: silent for 1h. It holds nothing\.$/,
      'bbctl masters expire two',
    ],
    [{ lastActive: now - 300 }, 'master-late', 'warning', /last heartbeat was 5m ago/, 'bbctl masters show two'],
    [
      { lastActive, otherSign: now },
      'master-silent',
      'warning',
      /fell silent 1h ago but worked on after that, last 0s ago/,
      'bbctl masters show two',
    ],
    [{ lastActive: 0 }, 'master-silent', 'warning', /had its heartbeat reset/, 'bbctl masters show two'],
    [{ active: false }, 'master-starting', 'note', /is starting, or ended/, 'bbctl masters expire --dry-run two'],
    [
      { active: false, has: { ...none, connectedWorkers: [4, 5] } as never },
      'master-unclean',
      'critical',
      /has stopped and left 2 worker connections\.$/,
      'bbctl masters expire two',
    ],
    [
      // Claims and builds that are not stuck: they came after its last heartbeat.
      { active: false, has: { ...none, claims: 2, openBuilds: 1 } as never },
      'master-zombie',
      'critical',
      /is inactive but goes on working/,
      'bbctl masters show two',
    ],
    [
      { has: { ...none, claims: 1 } as never },
      'master-zombie',
      'critical',
      /expired by others/,
      'bbctl masters show two',
    ],
    [{ lastActive: now + 3600 }, 'clock-skew', 'critical', /clock that is 1h ahead/, 'bbctl masters show two'],
  ];
  for (const [facts, id, severity, message, fix] of told) {
    const [finding, ...others] = ofMaster(facts);
    t.deepEqual(others, []);
    t.like(finding, { id, severity, fix: [fix] });
    t.regex(finding?.message ?? '', message);
  }
});

test('if nobody lives, that comes first', (t) => {
  const dead = (id: number) => masterFacts({ id, name: `m${id}`, lastActive: now - 3600 });
  t.deepEqual(ids(withFacts({ masters: [dead(1), dead(2)] })), ['no-master-alive', 'master-dead', 'master-dead']);
  t.deepEqual(ids(withFacts({ masters: [masterFacts({ active: false, has: { builderMasters: [] } })] })), [
    'no-master-alive',
  ]);
});

test('claims of a master without a row have nobody else to tell of them', (t) => {
  const found = withFacts({
    masters: [alive],
    services: [service({ holderId: 9 })],
    claimed: [claimed(17, 9)],
  });
  t.deepEqual(
    found.map(({ id, fix }) => [id, ...fix]),
    [
      ['service-stuck', 'bbctl services release'],
      ['request-stuck', 'bbctl requests release'],
    ],
  );
  t.is(found[1]?.message, '1 request claimed by a master that has no row: 17.');
});

test('an enabled service that nobody holds is told while a master lives', (t) => {
  const free = service({ name: 'free' });
  t.deepEqual(ids(withFacts({ masters: [alive], services: [free] })), ['service-unclaimed']);
  t.deepEqual(ids(withFacts({ services: [free] })), []);
  const quiet = [
    service({ enabled: false }),
    service({ className: 'buildbot.schedulers.triggerable.Triggerable' }),
    service({ holderId: 1 }),
  ];
  t.deepEqual(withFacts({ masters: [alive], services: quiet }), []);
});

test('builds of masters that are stopped or gone are abandoned', (t) => {
  const build = (id: number, masterId: number) => ({
    id,
    number: 1,
    builderId: 1,
    requestId: 1,
    workerId: null,
    masterId,
    startedAt: now - 60,
  });
  const [finding, ...others] = withFacts({ masters: [alive], builds: [build(5, 1), build(6, 9)] });
  t.deepEqual(others, []);
  t.like(finding, { id: 'build-abandoned', fix: ['bbctl builds finish'] });
  t.is(finding?.message, '1 build that no living master will end: 6 (of master 9 (gone)).');
});

test('a request waits for a master that configures its builder, and for a worker of it', (t) => {
  const queues = [{ builderId: 1, length: 2, oldestSubmittedAt: now - 7200 }];
  const builder = { id: 1, name: 'tests', masterIds: [1] };
  const facts = { masters: [alive], queues, builders: [builder], workers: [worker()] };
  t.deepEqual(withFacts(facts), []);
  const [away] = withFacts({ ...facts, workers: [worker({ connectedTo: [] })] });
  t.regex(away?.message ?? '', /^2 requests of builder tests have waited for 2h: none of its 1 worker is connected\.$/);
  const orphaned = withFacts({ ...facts, builders: [{ ...builder, masterIds: [] }] });
  t.deepEqual(ids(orphaned), ['request-unservable', 'builder-orphaned']);
  t.regex(orphaned[0]?.message ?? '', /no living master configures it/);
});

test('leftovers are notes, and come last', (t) => {
  const found = withFacts({
    masters: [alive],
    services: [service()],
    builders: [{ id: 1, name: 'old', masterIds: [] }],
    workers: [worker({ name: 'gone', builderIds: [], masterIds: [], connectedTo: [] })],
  });
  t.deepEqual(ids(found), ['service-unclaimed', 'builder-orphaned', 'worker-orphaned']);
});

test('what the database itself lacks is told', (t) => {
  const { database } = clusterWith();
  t.deepEqual(ids(withFacts({ database: { ...database, unknownRevision: true, revision: '099' } })), [
    'schema-unknown',
  ]);
  t.deepEqual(ids(withFacts({ database: { ...database, withoutTransactions: ['builds'] } })), [
    'engine-without-transactions',
  ]);
});

test('names are shown so that no terminal obeys them, and commands can be pasted', (t) => {
  const name = `x'; rm -rf ~ #\u001b[2J`;
  for (const { message, fix } of [
    ...withFacts({ masters: [alive, masterFacts({ id: 2, name, lastActive: now - 3600 })] }),
    ...withFacts({ masters: [alive], services: [service({ name })], builders: [{ id: 1, name, masterIds: [] }] }),
  ]) {
    t.false([message, ...fix].join().includes('\u001b'));
  }
  t.deepEqual(withFacts({ masters: [alive, masterFacts({ id: 2, name, lastActive: now - 3600 })] })[0]?.fix, [
    "bbctl masters expire $'x\\'; rm -rf ~ #\\u001b[2J'",
  ]);
});
