// Every check on a case made for it, and on the case next to it.
import test from 'ava';
import { checks, findAll, findAtAGlance } from '../../../../src/lib/model/checks/catalogue.js';
import type { Subject } from '../../../../src/lib/model/checks/check.js';
import type { OpenBuild } from '../../../../src/lib/model/build.js';
import type { Facts, Queue } from '../../../../src/lib/model/cluster.js';
import type { Details } from '../../../../src/lib/model/details.js';
import type { OpenRequest } from '../../../../src/lib/model/request.js';
import { noOffer } from '../../../../src/lib/model/run.js';
import { clusterWith, everything, masterFacts, now, ownMaster, service, worker } from '../../../_helpers/facts.js';

const nothingMore: Details = {
  firings: new Map(),
  lastAsked: new Map(),
  openBuildsets: [],
  requestsOfCompleteBuildsets: [],
  requestsWithBuild: new Set(),
  leftOpen: { steps: [], logs: [] },
  dangling: [],
  chunksWithoutLog: { older: null, logs: [] },
  lockRecords: [],
  size: null,
  tables: [],
  schemaDrift: [],
  missingIndexes: [],
};

function subject(facts: Partial<Facts>, details: Partial<Details> = {}): Subject {
  return { cluster: clusterWith(facts), details: { ...nothingMore, ...details } };
}

const { database } = clusterWith();
const alive = masterFacts({ id: 1, name: 'ci1:/srv/blue' });
const unregistered = { builderMasters: [] };
const other = (facts: Parameters<typeof masterFacts>[0] = {}) =>
  masterFacts({ id: 2, name: 'ci2:/srv/green', ...facts });
const beside = (facts: Parameters<typeof masterFacts>[0], more: Partial<Facts> = {}, details: Partial<Details> = {}) =>
  subject({ masters: [alive, other(facts)], ...more }, details);
const living = (facts: Partial<Facts>, details: Partial<Details> = {}) =>
  subject({ masters: [alive], ...facts }, details);
const hourAgo = { lastActive: now - 3600 };

function request(facts: Partial<OpenRequest> = {}): OpenRequest {
  const claim = { masterId: 1, claimedAt: now - 600 };
  return { id: 7, buildsetId: 1, builderId: 1, priority: 0, submittedAt: now - 700, waitedFor: false, claim, ...facts };
}

function build(masterId: number): OpenBuild {
  return { id: 5, number: 1, builderId: 1, requestId: 7, workerId: 1, masterId, startedAt: now - 4000 };
}

const tests = { id: 1, name: 'tests', masterIds: [1] };
const queue = (facts: Partial<Queue> = {}): Queue => ({ builderId: 1, length: 1, oldestSubmittedAt: now - 60, ...facts }); // prettier-ignore
const queued = (facts: Partial<Queue>, more: Partial<Facts> = {}) =>
  living({ builders: [tests], workers: [worker()], queues: [queue(facts)], ...more });

const periodic = service({ name: 'poll', className: 'buildbot.schedulers.timed.Periodic', holderId: 1 });
const firedAgo = (...seconds: number[]): Partial<Details> => ({ firings: new Map([['poll', seconds.map((ago) => now - ago)]]) }); // prettier-ignore
const gibi = 1024 ** 3;

/** Two living masters; `nightly` is held by the first, and asked for builder 1 last. */
const nightly = (builderMasters: readonly number[], more: Partial<Facts> = {}) =>
  beside(
    {},
    {
      services: [service({ holderId: 1 })],
      builders: [{ ...tests, masterIds: builderMasters }],
      ...more,
    },
    { lastAsked: new Map([['nightly', [1]]]) },
  );
/** Two of bbctl's own. */
const kin = (facts: Parameters<typeof ownMaster>[0], more: Partial<Facts> = {}) =>
  subject({ masters: [ownMaster({ id: 1, name: 'ci1:/srv/blue' }), ownMaster({ id: 2, name: 'ci2:/srv/green', ...facts })], ...more }); // prettier-ignore
const lockRecords = (...records: boolean[]): Partial<Details> => ({
  lockRecords: records.map((one, index) => ({ masterId: index + 1, records: one, at: now - 300 })),
});

interface Case {
  readonly fires: Subject;
  /** Next to it, but not it. */
  readonly silent: Subject;
}

/** In the order of the catalogue. The ids are an interface: monitoring names them. */
const cases: Readonly<Record<string, Case>> = {
  'no-master-alive': {
    fires: subject({ masters: [other(hourAgo)] }),
    silent: subject({ masters: [other({ lastActive: now - 300 })] }),
  },
  'master-dead': { fires: beside({ lastActive: now - 601 }), silent: beside({ lastActive: now - 600 }) },
  'master-unclean': {
    fires: beside({ active: false, has: { ...unregistered, connectedWorkers: [4] } }),
    silent: beside({ active: false, has: unregistered }),
  },
  'master-zombie': {
    fires: beside({ has: { ...unregistered, openBuilds: 1 } }),
    silent: beside({ has: { openBuilds: 1 } }),
  },
  'master-renamed': {
    fires: beside({ name: 'c0ffee:/srv/blue', ...hourAgo }),
    silent: beside({ name: 'c0ffee:/srv/other', ...hourAgo }),
  },
  'master-silent': { fires: beside({ ...hourAgo, otherSign: now - 10 }), silent: beside(hourAgo) },
  'master-late': { fires: beside({ lastActive: now - 151 }), silent: beside({ lastActive: now - 150 }) },
  'master-starting': { fires: beside({ active: false }), silent: beside({ active: false, has: unregistered }) },
  'clock-skew': { fires: beside({ clockBehind: 60 }), silent: beside({ clockBehind: 59 }) },
  'master-directory-shared': {
    fires: beside({ name: 'ci2:/srv/blue' }),
    silent: beside({ name: 'ci2:/srv/blue', ...hourAgo }),
  },
  'master-versions-differ': {
    fires: beside({}, {}, lockRecords(true, false)),
    silent: beside({}, {}, lockRecords(false, false)),
  },
  'master-configurations-differ': {
    fires: kin({ offer: { schedulers: ['nightly'], changeSources: ['repo'] } }),
    silent: kin({ offer: noOffer }),
  },
  'service-stuck': {
    fires: living({ services: [service({ holderId: 9 })] }),
    silent: living({ services: [service({ holderId: 1 })] }),
  },
  'service-unclaimed': {
    fires: living({ services: [service()] }),
    silent: living({ services: [service({ className: 'buildbot.schedulers.forcesched.ForceScheduler' })] }),
  },
  'service-idle': {
    fires: living({ services: [periodic] }, firedAgo(360, 460, 560, 660)),
    silent: living({ services: [periodic] }, firedAgo(359, 459, 559, 659)),
  },
  'service-misplaced': { fires: nightly([2]), silent: nightly([1, 2]) },
  'service-kept-on-gone': {
    fires: kin({}, { services: [service({ holderId: 1 })], pins: new Map([['scheduler 1', 9]]) }),
    silent: kin({}, { services: [service({ holderId: 1 })], pins: new Map([['scheduler 1', 2]]) }),
  },
  'request-stuck': {
    fires: living({ claimed: [request({ claim: { masterId: 9, claimedAt: now } })] }),
    silent: living({ claimed: [request({ claim: { masterId: 1, claimedAt: now } })] }),
  },
  'request-unbuilt': {
    fires: living({ claimed: [request()] }),
    silent: living({ claimed: [request()] }, { requestsWithBuild: new Set([7]) }),
  },
  'request-unservable': { fires: queued({}, { workers: [worker({ connectedTo: [] })] }), silent: queued({}) },
  'request-waiting': {
    fires: queued({ oldestSubmittedAt: now - 3600 }),
    silent: queued({ oldestSubmittedAt: now - 3599 }),
  },
  'queue-long': { fires: queued({ length: 100 }), silent: queued({ length: 99 }) },
  'buildset-unfinished': { fires: living({}, { openBuildsets: [3] }), silent: living({}) },
  'build-abandoned': {
    fires: beside({ active: false, has: unregistered }, { builds: [build(2)] }),
    silent: beside({}, { builds: [build(2)] }),
  },
  'step-left-open': { fires: living({}, { leftOpen: { steps: [3], logs: [] } }), silent: living({}) },
  'worker-ghost': {
    fires: beside(hourAgo, { workers: [worker({ connectedTo: [2] })] }),
    silent: beside({}, { workers: [worker({ connectedTo: [2] })] }),
  },
  'worker-connected-twice': {
    fires: beside({}, { workers: [worker({ connectedTo: [1, 2] })] }),
    silent: beside(hourAgo, { workers: [worker({ connectedTo: [1, 2] })] }),
  },
  'worker-paused': {
    fires: living({ workers: [worker({ paused: true })] }),
    silent: living({ workers: [worker({ paused: true, masterIds: [] })] }),
  },
  'builder-orphaned': {
    fires: living({ builders: [{ ...tests, masterIds: [] }] }),
    silent: living({ builders: [tests] }),
  },
  'worker-orphaned': {
    fires: living({ workers: [worker({ masterIds: [], connectedTo: [] })] }),
    silent: living({ workers: [worker({ masterIds: [] })] }),
  },
  'inventory-missing': {
    fires: { ...living({ builders: [tests] }), inventory: everything({ builders: new Set(['tests', 'docs']) }) },
    silent: { ...living({ builders: [tests] }), inventory: everything({ builders: new Set(['tests']) }) },
  },
  'schema-unknown': {
    fires: living({ database: { ...database, unknownRevision: true } }),
    silent: living({ database }),
  },
  'schema-drift': { fires: living({}, { schemaDrift: ['projects is missing'] }), silent: living({}) },
  'engine-without-transactions': {
    fires: living({ database: { ...database, withoutTransactions: ['builds'] } }),
    silent: living({ database }),
  },
  'rows-dangling': {
    fires: living({}, { dangling: [{ table: 'connected_workers', column: 'masterid', rows: 2 }] }),
    silent: living({}),
  },
  'log-chunks-dangling': {
    fires: living({}, { chunksWithoutLog: { older: { from: 1, to: 90 }, logs: [] } }),
    silent: living({}),
  },
  'index-missing': {
    fires: living(
      {},
      { missingIndexes: [{ table: 'buildsets', column: 'parent_buildid', parent: 'builds', rows: 100_001 }] },
    ),
    silent: living(
      {},
      { missingIndexes: [{ table: 'buildsets', column: 'parent_buildid', parent: 'builds', rows: 100_000 }] },
    ),
  },
  'database-large': {
    fires: living({}, { size: 50 * gibi, tables: [{ name: 'logchunks', bytes: 49 * gibi }] }),
    silent: living({}, { size: 50 * gibi - 1 }),
  },
};

test('every check of the catalogue has its cases, ids are unique and stay what they are', (t) => {
  t.deepEqual(
    checks.map((check) => check.id),
    Object.keys(cases),
  );
  for (const { id, title, meaning } of checks) {
    t.regex(id, /^[a-z]+(-[a-z]+)*$/);
    t.regex(title, /^[A-Z].*[^.]$/);
    t.regex(meaning, /\.\)?$/);
  }
});

for (const check of checks) {
  test(`${check.id} fires on its own case and is silent on the one next to it`, (t) => {
    const found = (one: Subject | undefined) => findAll(one ?? subject({}), { checks: [check] });
    const [finding] = found(cases[check.id]?.fires);
    t.like(finding, { id: check.id, severity: check.severity });
    t.regex(finding?.message ?? '', /[.]$/);
    t.true(Object.keys(finding?.evidence ?? {}).length > 0);
    t.deepEqual(found(cases[check.id]?.silent), []);
  });
}

test('a finding that can be mended names a command that does it', (t) => {
  const found = Object.values(cases).flatMap(({ fires }) => findAll(fires));
  for (const { mend, fix, id } of found.filter((finding) => finding.mend !== null)) {
    t.true(
      fix.some((command) => command.startsWith(`bbctl ${mend?.operation}`)),
      id,
    );
    t.true((mend?.names ?? []).length > 0, id);
  }
  t.true(found.some((finding) => finding.mend !== null));
});

test('the whole catalogue is silent on nothing at all, and on two masters that work', (t) => {
  const claim = { masterId: 2, claimedAt: now - 3600 };
  const healthy = subject(
    {
      masters: [alive, other({ lastActive: now - 60, has: { claims: 1, openBuilds: 1, connectedWorkers: [2] } })],
      services: [periodic, service({ id: 2, name: 'poller', kind: 'changesource', enabled: null, holderId: 2 })],
      builders: [{ ...tests, masterIds: [1, 2] }],
      workers: [worker({ masterIds: [1, 2] }), worker({ id: 2, name: 'v', masterIds: [1, 2], connectedTo: [2] })],
      claimed: [request({ claim })],
      queues: [queue()],
      builds: [build(2)],
    },
    { ...firedAgo(50, 150, 250, 350), requestsWithBuild: new Set([7]), size: gibi },
  );
  t.deepEqual(findAll(healthy), []);
  t.deepEqual(findAll(subject({})), []);
  t.deepEqual(findAtAGlance(healthy.cluster), []);
});

test('the worst comes first, and the order of the catalogue among equals', (t) => {
  const found = findAll(
    subject(
      { masters: [other(hourAgo), masterFacts({ id: 3, name: 'x', lastActive: now - 300 })], builders: [{ ...tests, masterIds: [] }] }, // prettier-ignore
      { schemaDrift: ['projects is missing'] },
    ),
  );
  t.deepEqual(found.map(({ id }) => id), ['master-dead', 'master-late', 'schema-drift', 'builder-orphaned']); // prettier-ignore
});

test('clocks: ahead or behind, a warning or critical', (t) => {
  const skews = (facts: Parameters<typeof masterFacts>[0]) =>
    findAll(beside(facts)).map(({ id, severity, evidence }) => [id, severity, evidence['direction']]);
  t.deepEqual(skews({ clockBehind: 300 }), [['clock-skew', 'critical', 'behind']]);
  t.deepEqual(skews({ lastActive: now + 200 }), [['clock-skew', 'warning', 'ahead']]);
  t.deepEqual(skews({ lastActive: now + 300 }), [['clock-skew', 'critical', 'ahead']]);
});

test('fresh work of an inactive master makes it one that goes on, not one that is unclean', (t) => {
  const fresh = beside({ active: false, has: { ...unregistered, claims: 1 } });
  t.deepEqual(findAll(fresh).map(({ id }) => id), ['master-zombie']); // prettier-ignore
});

test('a rhythm is told from four firings, of periodic schedulers that are enabled and held by a living master', (t) => {
  const idle = (facts: Parameters<typeof service>[0], ...fired: number[]) =>
    findAll(living({ services: [{ ...periodic, ...facts }] }, firedAgo(...fired))).map(({ id }) => id);
  t.deepEqual(idle({}, 9000, 9100, 9200), []);
  t.deepEqual(idle({ enabled: false }, 9000, 9100, 9200, 9300), []);
  t.deepEqual(idle({ className: 'buildbot.schedulers.basic.SingleBranchScheduler' }, 9000, 9100, 9200, 9300), []);
  // One long night among them does not change what is usual.
  t.deepEqual(idle({}, 400, 500, 600, 30_000, 30_100), ['service-idle']);
});

const told = (one: Subject, id: string) => findAll(one).filter((finding) => finding.id === id);

test('versions are told apart where both kinds are seen, each by name', (t) => {
  const [finding] = told(beside({}, {}, lockRecords(true, false)), 'master-versions-differ');
  t.is(finding?.message, 'Masters of Buildbot before 3.10 on a newer schema: ci2:/srv/green (as of 5m ago). Beside them, of 3.10 or later: ci1:/srv/blue.'); // prettier-ignore
  t.deepEqual(finding?.fix, ['bbctl masters show ci2:/srv/green']);
  for (const one of [[], [true], [false], [true, true]])
    t.deepEqual(told(beside({}, {}, lockRecords(...one)), 'master-versions-differ'), []);
});

test('a scheduler is misplaced only where others could run all of it, and its holder none', (t) => {
  const [finding] = told(nightly([2]), 'service-misplaced');
  t.is(finding?.message, 'Scheduler nightly is held by ci1:/srv/blue, which does not configure what it asked for last (tests); ci2:/srv/green could run it.'); // prettier-ignore
  const quiet: Record<string, Subject> = {
    'its builder was renamed': nightly([]),
    'its builder is of a dead master': nightly([2], { masters: [alive, other(hourAgo)] }),
    'its holder has no builders': nightly([2], { masters: [masterFacts({ ...alive, has: unregistered }), other()] }),
    'its holder is dead': nightly([2], { masters: [masterFacts({ ...alive, ...hourAgo }), other()] }),
    'it runs anywhere': nightly([2], { services: [service({ holderId: 1, className: 'x.ForceScheduler' })] }),
    'it is disabled': nightly([2], { services: [service({ holderId: 1, enabled: false })] }),
    'nobody holds it': nightly([2], { services: [service()] }),
    'it is a change source': nightly([2], { services: [service({ holderId: 1, kind: 'changesource', enabled: null })] }),
    'it asked for nothing': subject({ ...nightly([2]).cluster }, { lastAsked: new Map([['nightly', []]]) }),
    'it asked also for one that the holder has': subject(
      { ...nightly([2]).cluster, builders: [{ ...tests, masterIds: [2] }, { id: 2, name: 'docs', masterIds: [1] }] },
      { lastAsked: new Map([['nightly', [1, 2]]]) },
    ),
  }; // prettier-ignore
  for (const [why, one] of Object.entries(quiet)) t.deepEqual(told(one, 'service-misplaced'), [], why);
});

test('a worker that is paused is told with the reason, and that the time of it is not kept', (t) => {
  const workers = [worker({ paused: true, pauseReason: 'new disk' }), worker({ id: 2, name: 'v', paused: true })];
  const [finding] = told(living({ workers }), 'worker-paused');
  t.is(finding?.message, '2 workers paused: w (new disk), v. Since when is not kept by Buildbot.');
  t.deepEqual(finding?.evidence['reasons'], { w: 'new disk', v: null });
});

test('an open request of a complete buildset: pending or claimed, each as what it means', (t) => {
  const found = told(living({ claimed: [request()] }, { requestsOfCompleteBuildsets: [7, 9], requestsWithBuild: new Set([7]) }), 'buildset-unfinished'); // prettier-ignore
  t.deepEqual(found.map(({ message, fix }) => [message, ...fix]), [
    ['1 claimed request open though the buildset is complete: 7.'],
    ['1 pending request open though the buildset is complete: 9. A master will build it, and nobody waits for the result.', 'bbctl requests cancel --dry-run 9'],
  ]); // prettier-ignore
});

test('log chunks without a log: those older than all logs, and those among the newest', (t) => {
  const chunksWithoutLog = { older: { from: 1, to: 90 }, logs: [120, 130] };
  t.deepEqual(told(living({}, { chunksWithoutLog }), 'log-chunks-dangling').map(({ message }) => message), [
    'Log chunks are left of logs 1 to 90, which are older than every log that is there.',
    'Log chunks are left of 2 logs that are gone: 120, 130.',
  ]); // prettier-ignore
});
