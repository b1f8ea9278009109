/**
 * What bbctl must say of every recorded database, and what `masters expire` must change in it.
 *
 * Worked out by hand from the rows of each recording and the rules of the design alone, with no code of bbctl's: that is
 * its worth. When a test and this file disagree, read the rows again before touching either. The stories are told in
 * `fixtures-expected.md`.
 *
 * Ids are those of the rows and differ between the engines. All lists are sorted by id.
 */

export type MasterState = 'active' | 'late' | 'dead' | 'silent' | 'zombie' | 'stopped' | 'unclean' | 'starting';
export type Engine = 'sqlite' | 'postgres' | 'mariadb';

/** Exact keys per table; every row not named stays byte for byte as it was. */
export interface Expire {
  /** masters.id that become active = 0 */
  masters: number[];
  builds: number[];
  steps: number[];
  logs: number[];
  /** buildrequest_claims.brid of deleted claims */
  claims: number[];
  /** ids of deleted rows, here and in the next two */
  connectedWorkers: number[];
  builderMasters: number[];
  configuredWorkers: number[];
  /** scheduler_masters.schedulerid, changesource_masters.changesourceid of deleted claims */
  schedulerMasters: number[];
  changesourceMasters: number[];
}

export interface Service {
  kind: 'scheduler' | 'changesource';
  name: string;
  holder: string | null;
  stuck: boolean;
}

export interface Expected {
  /** VERSION/NAME; the file is VERSION/{folder of the engine}/NAME.full.sql, or fresh.schema.sql */
  fixture: string;
  engine: Engine;
  /** Epoch seconds at which the database is looked at. A test shifts all times by its own clock minus this. */
  now: number;
  /** null: the table is there, but has no row (the recordings of fresh databases are schema only) */
  revision: string | null;
  masters: { id: number; name: string; state: MasterState }[];
  services: Service[];
  /** No builder_masters row of any master, whatever its state. */
  orphanedBuilders: string[];
  /** No configured_workers and no connected_workers row of any master, whatever its state. */
  orphanedWorkers: string[];
  openRequests: number[];
  claimedOpenRequests: { id: number; holder: string }[];
  stuckRequests: number[];
  /** In no recording is a step or log open under a finished build, nor a build under a complete request. */
  openBuilds: number[];
  openSteps: number[];
  openLogs: number[];
  connectedWorkers: { worker: string; master: string }[];
  /** What `masters expire` without names changes at that `now`. */
  expire: Expire;
}

export const folderOf: Record<Engine, string> = { sqlite: 'sqlite', postgres: 'pg', mariadb: 'mariadb' };

const nothing: Expire = {
  masters: [],
  builds: [],
  steps: [],
  logs: [],
  claims: [],
  connectedWorkers: [],
  builderMasters: [],
  configuredWorkers: [],
  schedulerMasters: [],
  changesourceMasters: [],
};

/** What the rows say whenever one looks. */
type Facts = Omit<Expected, 'now' | 'masters' | 'services' | 'stuckRequests' | 'expire'> & {
  masters: Record<number, string>;
  schedulers: string[];
  changesources: string[];
  /** Who holds them: in every recording one master holds all that are held. */
  holder: string | null;
  unheld?: string[];
};

/** What depends on the hour. */
interface Look {
  now: number;
  states: Record<number, MasterState>;
  servicesStuck?: boolean;
  stuckRequests?: number[];
  expire?: Partial<Expire>;
}

function recording(facts: Facts, ...looks: Look[]): Expected[] {
  const { masters, schedulers, changesources, holder, unheld = [], ...rest } = facts;
  return looks.map((look) => {
    const service = (kind: Service['kind']) => (name: string) => {
      const holds = unheld.includes(name) ? null : holder;
      return { kind, name, holder: holds, stuck: holds !== null && (look.servicesStuck ?? false) };
    };
    return {
      ...rest,
      now: look.now,
      masters: Object.entries(look.states).map(([id, state]) => ({ id: +id, name: masters[+id] ?? '', state })),
      services: [...schedulers.map(service('scheduler')), ...changesources.map(service('changesource'))],
      stuckRequests: look.stuckRequests ?? [],
      expire: { ...nothing, ...look.expire },
    };
  });
}

const nothingRuns = { openBuilds: [], openSteps: [], openLogs: [] };
const idle = { ...nothingRuns, claimedOpenRequests: [] };

/** An empty database has nothing to say and nothing to change. */
function fresh(version: string, engine: Engine): Expected[] {
  return recording(
    {
      fixture: `${version}/fresh`,
      engine,
      revision: null,
      masters: {},
      schedulers: [],
      changesources: [],
      holder: null,
      orphanedBuilders: [],
      orphanedWorkers: [],
      openRequests: [],
      ...idle,
      connectedWorkers: [],
    },
    { now: 1795279000, states: {} },
  );
}

interface Killed {
  master: string;
  schedulers: string[];
  /** The newest time in any time column, rounded up. */
  now: number;
  open: { requests: number[]; claimed: number; build: number; step: number; log: number };
}

/**
 * VERSION/killed: one master, killed 19 to 25 s after its only heartbeat, in the step `sleepy` of the one build of
 * `slow`. The periodic scheduler had also asked for `starved`, whose only worker, `absent`, never connected: that
 * request is open and unclaimed, pending and not stuck. All five schedulers and the poller are claimed, the three
 * builders registered (rows 1-3, each with one configured worker, rows 1-3), `local1` connected (row 1).
 * At the recording the master still counts as active; an hour later it is dead and everything it held is stuck.
 */
function killed(version: string, engine: Engine, revision: string, k: Killed): Expected[] {
  const [builds, steps, logs, claims] = [[k.open.build], [k.open.step], [k.open.log], [k.open.claimed]];
  const registrations = { connectedWorkers: [1], builderMasters: [1, 2, 3], configuredWorkers: [1, 2, 3] };
  const services = { schedulerMasters: [1, 2, 3, 4, 5], changesourceMasters: [1] };
  return recording(
    {
      fixture: `${version}/killed`,
      engine,
      revision,
      masters: { 1: k.master },
      schedulers: k.schedulers,
      changesources: ['file:///srv/bot/git2.git'],
      holder: k.master,
      orphanedBuilders: [],
      orphanedWorkers: [],
      openRequests: k.open.requests,
      claimedOpenRequests: [{ id: k.open.claimed, holder: k.master }],
      openBuilds: builds,
      openSteps: steps,
      openLogs: logs,
      connectedWorkers: [{ worker: 'local1', master: k.master }],
    },
    { now: k.now, states: { 1: 'active' } },
    {
      now: k.now + 3600,
      states: { 1: 'dead' },
      servicesStuck: true,
      stuckRequests: claims,
      expire: { masters: [1], builds, steps, logs, claims, ...registrations, ...services },
    },
  );
}

const killedMasters: Expected[] = [
  // The heartbeat is a float (…768.7458744), and so are the times of builds and steps; claims are whole seconds.
  ...killed('0.9.15.post1', 'sqlite', '51', {
    master: 'vm:/srv/bot/s/bbd_0_9_15_post1_bullseye-sqlite',
    schedulers: ['p-quick', 'force', 'trig', 'p-slow', 'any'],
    now: 1795278794, // newest: the end of build 8, …793.585
    open: { requests: [2, 3], claimed: 3, build: 2, step: 2, log: 2 },
  }),
  // Whole seconds; request 2 is the build of `slow`, request 3 waits for `absent`.
  ...killed('0.9.15.post1', 'postgres', '51', {
    master: 'vm:/srv/bot/s/bbd_0_9_15_post1_bullseye-pg',
    schedulers: ['p-quick', 'force', 'trig', 'p-slow', 'any'],
    now: 1795278789,
    open: { requests: [2, 3], claimed: 2, build: 1, step: 1, log: 1 },
  }),
  // The other way round: request 2 waits for `absent`, request 3 was being built.
  ...killed('0.9.15.post1', 'mariadb', '51', {
    master: 'vm:/srv/bot/s/bbd_0_9_15_post1_bullseye-mariadb',
    schedulers: ['trig', 'force', 'any', 'p-quick', 'p-slow'],
    now: 1795278790,
    open: { requests: [2, 3], claimed: 3, build: 2, step: 2, log: 2 },
  }),
  // Only the heartbeat is a float here (…685.2930841). Steps count worker_preparation from 2.10 on.
  ...killed('2.10.5', 'sqlite', '58', {
    master: 'vm:/srv/bot/s/bbd_2_10_5_bullseye-sqlite',
    schedulers: ['force', 'p-quick', 'p-slow', 'any', 'trig'],
    now: 1795278709,
    open: { requests: [2, 3], claimed: 2, build: 2, step: 4, log: 2 },
  }),
  // Claim and build are one second older than the first heartbeat: taken while the master was still starting.
  ...killed('2.10.5', 'postgres', '58', {
    master: 'vm:/srv/bot/s/bbd_2_10_5_bullseye-pg',
    schedulers: ['p-quick', 'p-slow', 'trig', 'force', 'any'],
    now: 1795278705,
    open: { requests: [1, 2], claimed: 1, build: 2, step: 4, log: 2 },
  }),
  // The slow build came first, so build 1; its log is the first log of all.
  ...killed('2.10.5', 'mariadb', '58', {
    master: 'vm:/srv/bot/s/bbd_2_10_5_bullseye-mariadb',
    schedulers: ['p-slow', 'force', 'any', 'trig', 'p-quick'],
    now: 1795278707,
    open: { requests: [1, 2], claimed: 1, build: 1, step: 3, log: 1 },
  }),
  // First alembic revision; all times are whole seconds from here on.
  ...killed('3.7.0', 'sqlite', '059', {
    master: 'vm:/srv/bot/s/bbd_3_7_0_host-sqlite',
    schedulers: ['trig', 'any', 'p-slow', 'p-quick', 'force'],
    now: 1795278518,
    open: { requests: [1, 2], claimed: 1, build: 1, step: 3, log: 1 },
  }),
  // 25 s from its only heartbeat to the kill.
  ...killed('3.7.0', 'postgres', '059', {
    master: 'vm:/srv/bot/s/bbd_3_7_0_host-pg',
    schedulers: ['trig', 'p-quick', 'p-slow', 'any', 'force'],
    now: 1795278519,
    open: { requests: [2, 3], claimed: 2, build: 1, step: 3, log: 1 },
  }),
  // 20 s from its only heartbeat to the kill.
  ...killed('3.7.0', 'mariadb', '059', {
    master: 'vm:/srv/bot/s/bbd_3_7_0_host-mariadb',
    schedulers: ['trig', 'force', 'p-quick', 'any', 'p-slow'],
    now: 1795278516,
    open: { requests: [2, 3], claimed: 3, build: 2, step: 4, log: 2 },
  }),
  // As before with the columns of 4.x (builds.locks_duration_s, steps.locks_acquired_at, builders.projectid).
  ...killed('4.3.0', 'sqlite', '067', {
    master: 'vm:/srv/bot/s/bbd_4_3_0_host-sqlite',
    schedulers: ['p-quick', 'trig', 'force', 'any', 'p-slow'],
    now: 1795278562,
    open: { requests: [2, 3], claimed: 2, build: 2, step: 4, log: 2 },
  }),
  // Request 1 waits for `absent`, request 2 was being built.
  ...killed('4.3.0', 'postgres', '067', {
    master: 'vm:/srv/bot/s/bbd_4_3_0_host-pg',
    schedulers: ['p-slow', 'trig', 'force', 'p-quick', 'any'],
    now: 1795278559,
    open: { requests: [1, 2], claimed: 2, build: 2, step: 4, log: 2 },
  }),
  // The two requests of one buildset are 1 and 3: another scheduler's request came in between.
  ...killed('4.3.0', 'mariadb', '067', {
    master: 'vm:/srv/bot/s/bbd_4_3_0_host-mariadb',
    schedulers: ['p-slow', 'p-quick', 'any', 'force', 'trig'],
    now: 1795278560,
    open: { requests: [1, 3], claimed: 3, build: 2, step: 4, log: 2 },
  }),
];

const single = 'vm:/srv/bot/m/single';
const schedulersBefore = ['trig', 'any', 'main', 'force', 'periodic', 'nightly'];
const schedulersAfter = [...schedulersBefore, 'periodic-renamed', 'force-gamma'];
const renamed = {
  engine: 'sqlite' as const,
  revision: '059',
  masters: { 1: single },
  changesources: ['PBChangeSource:None', 'file:///srv/bot/git.git'],
  holder: single,
};

const rename: Expected[] = [
  // Both workers are paused: request 10 is open and unclaimed, nothing runs. Killed now, it would leave no build.
  ...recording(
    {
      ...renamed,
      fixture: '3.7.0/1-before-rename',
      schedulers: schedulersBefore,
      orphanedBuilders: [],
      orphanedWorkers: [],
      openRequests: [10],
      ...idle,
      connectedWorkers: [
        { worker: 'local1', master: single },
        { worker: 'remote1', master: single },
      ],
    },
    { now: 1795277484, states: { 1: 'active' } },
    {
      now: 1795277484 + 3600,
      states: { 1: 'dead' },
      servicesStuck: true,
      expire: {
        masters: [1],
        connectedWorkers: [1, 2],
        builderMasters: [1, 2],
        configuredWorkers: [1, 2, 3, 4],
        schedulerMasters: [1, 2, 3, 4, 5, 6],
        changesourceMasters: [1, 2],
      },
    },
  ),
  // alpha, remote1 and the scheduler periodic were renamed: their rows stay, configured and held by nobody, and request
  // 10, for the old alpha, waits for ever. Builder gamma and worker mpw are new.
  ...recording(
    {
      ...renamed,
      fixture: '3.7.0/2-after-rename-running',
      schedulers: schedulersAfter,
      unheld: ['periodic'],
      orphanedBuilders: ['alpha'],
      orphanedWorkers: ['remote1'],
      openRequests: [10],
      ...idle,
      connectedWorkers: [
        { worker: 'local1', master: single },
        { worker: 'remote1-renamed', master: single },
        { worker: 'mpw', master: single },
      ],
    },
    { now: 1795277836, states: { 1: 'active' } },
    {
      now: 1795277836 + 3600,
      states: { 1: 'dead' },
      servicesStuck: true,
      expire: {
        masters: [1],
        connectedWorkers: [1, 3, 4],
        builderMasters: [1, 2, 3],
        configuredWorkers: [1, 2, 3, 4, 5, 6, 7],
        schedulerMasters: [1, 2, 3, 4, 6, 7, 8],
        changesourceMasters: [1, 2],
      },
    },
  ),
  // Killed with two builds running on the same worker (requests 54 and 55, claimed 16 and 17 s after the last
  // heartbeat, within the minute allowed). Request 10 is still the old alpha's.
  ...recording(
    {
      ...renamed,
      fixture: '3.7.0/3-killed-with-open-builds',
      schedulers: schedulersAfter,
      unheld: ['periodic'],
      orphanedBuilders: ['alpha'],
      orphanedWorkers: ['remote1'],
      openRequests: [10, 54, 55],
      claimedOpenRequests: [
        { id: 54, holder: single },
        { id: 55, holder: single },
      ],
      openBuilds: [52, 53],
      openSteps: [229, 242],
      openLogs: [218, 228],
      connectedWorkers: [
        { worker: 'local1', master: single },
        { worker: 'remote1-renamed', master: single },
        { worker: 'mpw', master: single },
      ],
    },
    { now: 1795278663, states: { 1: 'active' } },
    {
      now: 1795278663 + 3600,
      states: { 1: 'dead' },
      servicesStuck: true,
      stuckRequests: [54, 55],
      expire: {
        masters: [1],
        builds: [52, 53],
        steps: [229, 242],
        logs: [218, 228],
        claims: [54, 55],
        connectedWorkers: [1, 3, 4],
        builderMasters: [1, 2, 3],
        configuredWorkers: [1, 2, 3, 4, 5, 6, 7],
        schedulerMasters: [1, 2, 3, 4, 6, 7, 8],
        changesourceMasters: [1, 2],
      },
    },
  ),
  // Started again (it finished its own builds 52 and 53 as RETRY and built both requests once more), then stopped by
  // SIGTERM: both cancelled and complete, nothing of the master left. So every builder and worker looks like an orphan
  // and every service is unheld. There is nothing to expire, now or later.
  ...recording(
    {
      ...renamed,
      fixture: '3.7.0/4-restarted-then-stopped',
      schedulers: schedulersAfter,
      holder: null,
      orphanedBuilders: ['beta', 'alpha', 'alpha-renamed', 'gamma'],
      orphanedWorkers: ['local1', 'remote1', 'remote1-renamed', 'mpw'],
      openRequests: [10],
      ...idle,
      connectedWorkers: [],
    },
    { now: 1795278677, states: { 1: 'stopped' } },
    { now: 1795278677 + 3600, states: { 1: 'stopped' } },
  ),
];

const [pgA, pgB] = ['vm:/srv/bot/m/pgA', 'vm:/srv/bot/m/pgB'];
const onPostgres = {
  engine: 'postgres' as const,
  revision: '059',
  masters: { 1: pgA, 2: pgB },
  schedulers: ['nightly', 'trig', 'force', 'periodic', 'main', 'any'],
  changesources: ['file:///srv/bot/git.git', 'PBChangeSource:None'],
  orphanedBuilders: [],
  orphanedWorkers: [],
};
// Here w2 is worker 1 and w1 is worker 2. A has w1 (connected_workers 1), B has w2 (connected_workers 2).
const bothConnected = [
  { worker: 'w1', master: pgA },
  { worker: 'w2', master: pgB },
];

const twoOnPostgres: Expected[] = [
  // A was killed, last heard of 242 s before the recording, and holds all services, and request 3 with a
  // build running. B idles and beats.
  ...recording(
    {
      ...onPostgres,
      fixture: '3.7.0/1-after-kill9-not-expired',
      holder: pgA,
      openRequests: [3],
      claimedOpenRequests: [{ id: 3, holder: pgA }],
      openBuilds: [3],
      openSteps: [8],
      openLogs: [6],
      connectedWorkers: bothConnected,
    },
    { now: 1795277845, states: { 1: 'late', 2: 'active' } },
    // 642 s after A's last heartbeat and 400 s after B's: A is dead, B late and not to be touched.
    {
      now: 1795277845 + 400,
      states: { 1: 'dead', 2: 'late' },
      servicesStuck: true,
      stuckRequests: [3],
      expire: {
        masters: [1],
        builds: [3],
        steps: [8],
        logs: [6],
        claims: [3],
        connectedWorkers: [1],
        builderMasters: [1, 2],
        configuredWorkers: [1, 2, 3, 4],
        schedulerMasters: [1, 2, 3, 4, 5, 6],
        changesourceMasters: [1, 2],
      },
    },
    // Nobody's heart beats any more: B, which had only its registrations and w2, is dead as well.
    {
      now: 1795277845 + 3600,
      states: { 1: 'dead', 2: 'dead' },
      servicesStuck: true,
      stuckRequests: [3],
      expire: {
        masters: [1, 2],
        builds: [3],
        steps: [8],
        logs: [6],
        claims: [3],
        connectedWorkers: [1, 2],
        builderMasters: [1, 2, 3, 4],
        configuredWorkers: [1, 2, 3, 4, 5, 6, 7, 8],
        schedulerMasters: [1, 2, 3, 4, 5, 6],
        changesourceMasters: [1, 2],
      },
    },
  ),
  // B's heartbeat has just expired A (build 3 RETRY, registrations and service claims gone) and forgot its claim of
  // request 3 and the connection of w1. The services are nobody's, though B is active.
  ...recording(
    {
      ...onPostgres,
      fixture: '3.7.0/2-after-expiry-before-takeover',
      holder: null,
      openRequests: [3],
      claimedOpenRequests: [{ id: 3, holder: pgA }],
      ...nothingRuns,
      connectedWorkers: bothConnected,
    },
    {
      now: 1795278205,
      states: { 1: 'unclean', 2: 'active' },
      stuckRequests: [3],
      expire: { claims: [3], connectedWorkers: [1] },
    },
    {
      now: 1795278205 + 3600,
      states: { 1: 'unclean', 2: 'dead' },
      stuckRequests: [3],
      expire: {
        masters: [2],
        claims: [3],
        connectedWorkers: [1, 2],
        builderMasters: [3, 4],
        configuredWorkers: [5, 6, 7, 8],
      },
    },
  ),
  // B has taken the services; A's claim of request 3 and the connection of w1 are as stuck as before.
  ...recording(
    {
      ...onPostgres,
      fixture: '3.7.0/3-after-takeover',
      holder: pgB,
      openRequests: [3],
      claimedOpenRequests: [{ id: 3, holder: pgA }],
      ...nothingRuns,
      connectedWorkers: bothConnected,
    },
    {
      now: 1795278445,
      states: { 1: 'unclean', 2: 'active' },
      stuckRequests: [3],
      expire: { claims: [3], connectedWorkers: [1] },
    },
    {
      now: 1795278445 + 3600,
      states: { 1: 'unclean', 2: 'dead' },
      servicesStuck: true,
      stuckRequests: [3],
      expire: {
        masters: [2],
        claims: [3],
        connectedWorkers: [1, 2],
        builderMasters: [3, 4],
        configuredWorkers: [5, 6, 7, 8],
        schedulerMasters: [1, 2, 3, 4, 5, 6],
        changesourceMasters: [1, 2],
      },
    },
  ),
  // A had come back and was stopped again by SIGTERM at this very second: request 3 cancelled and complete, nothing of
  // A left. It must have held the services: until B's next try (up to 5 minutes) they are nobody's, though B is active.
  ...recording(
    {
      ...onPostgres,
      fixture: '3.7.0/5-final-running-B',
      holder: null,
      openRequests: [],
      ...idle,
      connectedWorkers: [{ worker: 'w2', master: pgB }],
    },
    { now: 1795279329, states: { 1: 'stopped', 2: 'active' } },
    {
      now: 1795279329 + 3600,
      states: { 1: 'stopped', 2: 'dead' },
      expire: {
        masters: [2],
        connectedWorkers: [4],
        builderMasters: [7, 8],
        configuredWorkers: [13, 14, 15, 16],
      },
    },
  ),
];

const [myA, myB] = ['vm:/srv/bot/m/myA', 'vm:/srv/bot/m/myB'];
const onMariadb = {
  engine: 'mariadb' as const,
  revision: '059',
  masters: { 1: myA, 2: myB },
  schedulers: ['nightly', 'force', 'main', 'any', 'periodic', 'trig'],
  changesources: ['file:///srv/bot/git.git', 'PBChangeSource:None'],
  orphanedBuilders: [],
  orphanedWorkers: [],
  // w1 is worker 1, w2 worker 2. A has w1 (connected_workers 1), B has w2 (connected_workers 2; 3 in the last one).
  connectedWorkers: [
    { worker: 'w1', master: myA },
    { worker: 'w2', master: myB },
  ],
};

const twoOnMariadb: Expected[] = [
  // As on PostgreSQL: A, killed, last heard of 242 s before, holds all services, and request 3 with a build running.
  ...recording(
    {
      ...onMariadb,
      fixture: '3.7.0/1-after-kill9-not-expired',
      holder: myA,
      openRequests: [3],
      claimedOpenRequests: [{ id: 3, holder: myA }],
      openBuilds: [3],
      openSteps: [8],
      openLogs: [6],
    },
    { now: 1795277848, states: { 1: 'late', 2: 'active' } },
    // 642 s after A's last heartbeat and 400 s after B's.
    {
      now: 1795277848 + 400,
      states: { 1: 'dead', 2: 'late' },
      servicesStuck: true,
      stuckRequests: [3],
      expire: {
        masters: [1],
        builds: [3],
        steps: [8],
        logs: [6],
        claims: [3],
        connectedWorkers: [1],
        builderMasters: [1, 2],
        configuredWorkers: [1, 2, 3, 4],
        schedulerMasters: [1, 2, 3, 4, 5, 6],
        changesourceMasters: [1, 2],
      },
    },
    {
      now: 1795277848 + 3600,
      states: { 1: 'dead', 2: 'dead' },
      servicesStuck: true,
      stuckRequests: [3],
      expire: {
        masters: [1, 2],
        builds: [3],
        steps: [8],
        logs: [6],
        claims: [3],
        connectedWorkers: [1, 2],
        builderMasters: [1, 2, 3, 4],
        configuredWorkers: [1, 2, 3, 4, 5, 6, 7, 8],
        schedulerMasters: [1, 2, 3, 4, 5, 6],
        changesourceMasters: [1, 2],
      },
    },
  ),
  // B's heartbeat has just expired A; the claim of request 3 and the connection of w1 are left, the services nobody's.
  ...recording(
    {
      ...onMariadb,
      fixture: '3.7.0/2-after-expiry-before-takeover',
      holder: null,
      openRequests: [3],
      claimedOpenRequests: [{ id: 3, holder: myA }],
      ...nothingRuns,
    },
    {
      now: 1795278208,
      states: { 1: 'unclean', 2: 'active' },
      stuckRequests: [3],
      expire: { claims: [3], connectedWorkers: [1] },
    },
    {
      now: 1795278208 + 3600,
      states: { 1: 'unclean', 2: 'dead' },
      stuckRequests: [3],
      expire: {
        masters: [2],
        claims: [3],
        connectedWorkers: [1, 2],
        builderMasters: [3, 4],
        configuredWorkers: [5, 6, 7, 8],
      },
    },
  ),
  // B has taken the services and built the periodic's request; request 3 is still stuck.
  ...recording(
    {
      ...onMariadb,
      fixture: '3.7.0/3-after-takeover',
      holder: myB,
      openRequests: [3],
      claimedOpenRequests: [{ id: 3, holder: myA }],
      ...nothingRuns,
    },
    {
      now: 1795278449,
      states: { 1: 'unclean', 2: 'active' },
      stuckRequests: [3],
      expire: { claims: [3], connectedWorkers: [1] },
    },
    {
      now: 1795278449 + 3600,
      states: { 1: 'unclean', 2: 'dead' },
      servicesStuck: true,
      stuckRequests: [3],
      expire: {
        masters: [2],
        claims: [3],
        connectedWorkers: [1, 2],
        builderMasters: [3, 4],
        configuredWorkers: [5, 6, 7, 8],
        schedulerMasters: [1, 2, 3, 4, 5, 6],
        changesourceMasters: [1, 2],
      },
    },
  ),
  // Unlike on PostgreSQL, A never came back. Request 3 was released, built by B and is complete, B was restarted and
  // holds everything; A is unclean for one row only: w1 still counts as connected to it (connected_workers 1).
  ...recording(
    {
      ...onMariadb,
      fixture: '3.7.0/5-final-running-B',
      holder: myB,
      openRequests: [],
      ...idle,
    },
    { now: 1795279312, states: { 1: 'unclean', 2: 'active' }, expire: { connectedWorkers: [1] } },
    {
      now: 1795279312 + 3600,
      states: { 1: 'unclean', 2: 'dead' },
      servicesStuck: true,
      expire: {
        masters: [2],
        connectedWorkers: [1, 3],
        builderMasters: [5, 6],
        configuredWorkers: [9, 10, 11, 12],
        schedulerMasters: [1, 2, 3, 4, 5, 6],
        changesourceMasters: [1, 2],
      },
    },
  ),
];

const engines: Engine[] = ['sqlite', 'postgres', 'mariadb'];
const versions = ['0.9.15.post1', '2.10.5', '3.7.0', '4.3.0'];

export const expected: Expected[] = [
  ...versions.flatMap((version) => engines.flatMap((engine) => fresh(version, engine))),
  ...killedMasters,
  ...rename,
  ...twoOnPostgres,
  ...twoOnMariadb,
];
