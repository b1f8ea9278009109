import type { Left } from '../../src/lib/model/drain.js';
import { emptyPlan } from '../../src/lib/operation.js';
import type { UpgradeEvent, UpgradeReport } from '../../src/lib/upgrade/events.js';
import type { UpgradeStep } from '../../src/lib/upgrade/plan-upgrade.js';

export const [blue, green] = ['host1:/srv/bb/blue', 'host2:/srv/bb/green'];
const at = 1_795_334_291;

export function leftWith(left: Partial<Left> = {}): Left {
  const builds = [
    { id: 1, builder: 'tests', number: 812, startedAt: at - 60, step: 'compile', secondsLeft: 290 },
    { id: 2, builder: 'docs', number: 97, startedAt: at - 9, step: 'html', secondsLeft: 20 },
  ];
  return { id: 1, name: blue, state: 'active', builds, services: ['nightly', 'hourly'], requests: 2, workers: 4, secondsLeft: 290, unknown: 0, ...left }; // prettier-ignore
}

export function reportWith(report: Partial<UpgradeReport> = {}): UpgradeReport {
  return {
    status: 'done',
    why: null,
    ways: [],
    startedAt: at,
    endedAt: at + 312,
    masters: [
      { name: green, role: 'new', outcome: 'arrived', killed: false, seconds: 12, error: null },
      { name: blue, role: 'old', outcome: 'stopped', killed: false, seconds: 290, error: null },
    ],
    services: [
      { kind: 'scheduler', name: 'nightly', from: blue, to: green, unheld: { atLeast: 0, atMost: 2 } },
      { kind: 'changesource', name: 'https://git.example.org/main.git', from: blue, to: green, unheld: { atLeast: 0, atMost: 0.4 } }, // prettier-ignore
    ],
    builds: [
      { id: 1, builder: 'tests', number: 812, results: 'success', master: blue },
      { id: 2, builder: 'docs', number: 97, results: 'retry', master: blue },
    ],
    retried: 1,
    workers: [
      { worker: 'w1', to: [green] },
      { worker: 'w2', to: [] },
    ],
    withoutWorker: [
      { builder: 'docs', seconds: 4 },
      { builder: 'tests', seconds: 61 },
    ],
    complaints: [],
    ...report,
  };
}

function step(one: Partial<UpgradeStep>): UpgradeStep {
  return { kind: 'start', subject: 'master 2', wave: 1, master: green, by: 'the command ssh', left: null, ...one };
}

export const steps = [step({}), step({ kind: 'drain', master: blue, subject: 'master 1', left: leftWith() })];

const title = `Start ${green}, drain ${blue}`;
const stage = (name: 'start' | 'drain' | 'hand over' | 'prove', masters: string[]): UpgradeEvent => ({ event: 'stage', stage: name, wave: 1, waves: 1, masters }); // prettier-ignore

/** One that goes well, with a warning on its way. */
export const smooth: readonly UpgradeEvent[] = [
  { event: 'plan', plan: { ...emptyPlan<UpgradeStep>(title), steps }, dryRun: false },
  stage('start', [green]),
  { event: 'started', master: green, way: 'command', error: null },
  { event: 'arriving', master: green, waitsFor: 'its row' },
  { event: 'arriving', master: green, waitsFor: 'its row' },
  { event: 'arriving', master: green, waitsFor: 'its second heartbeat' },
  { event: 'arrived', master: green, seconds: 12, builders: 14 },
  stage('drain', [blue]),
  { event: 'asked', master: blue, verb: 'drain', way: 'signal', error: null },
  { event: 'progress', at, masters: [leftWith()] },
  { event: 'progress', at: at + 2, masters: [leftWith({ secondsLeft: 288 })] },
  { event: 'lost contact', message: 'The database does not answer.' },
  { event: 'contact' },
  { event: 'trouble', master: blue, kind: 'silent', message: `${blue} is late: its last heartbeat was 2m 10s ago.` },
  { event: 'progress', at: at + 99, masters: [leftWith({ builds: leftWith().builds.slice(0, 1), secondsLeft: 191 })] },
  { event: 'moved', kind: 'scheduler', service: 'nightly', from: blue, to: green, unheld: { atLeast: 0, atMost: 2 } },
  { event: 'ended', master: blue, ending: 'stopped' },
  stage('hand over', [blue]),
  { event: 'unheld', services: ['hourly'] },
  { event: 'unheld', services: ['hourly'] },
  { event: 'moved', kind: 'scheduler', service: 'hourly', from: blue, to: green, unheld: { atLeast: 58, atMost: 62 } },
  { event: 'unheld', services: [] },
  stage('prove', []),
  { event: 'report', report: reportWith() },
];

const crashed = 'Process 4711 is gone';
const way = 'bbctl upgrade --resume --config /srv/bb/a-folder-with-a-long-name/cluster.yaml --deadline 2h';

/** The new one crashes; nothing was asked of the old one. */
export const blocked: readonly UpgradeEvent[] = [
  stage('start', [green]),
  { event: 'started', master: green, way: 'command', error: 'ssh ended with status 1: cannot fork' },
  { event: 'arriving', master: green, waitsFor: 'its row' },
  {
    event: 'report',
    report: reportWith({
      status: 'blocked',
      why: `${green} was started and is gone again`,
      ways: ['Look at its log, then go on:', way],
      masters: [
        { name: green, role: 'new', outcome: 'not arrived', killed: false, seconds: 30, error: crashed },
        { name: blue, role: 'old', outcome: 'not asked', killed: false, seconds: null, error: null },
      ],
      services: [{ kind: 'scheduler', name: 'nightly', from: blue, to: null, unheld: { atLeast: 75, atMost: 300 } }],
      builds: [],
      workers: [],
      withoutWorker: [],
      complaints: null,
    }),
  },
];

const second = { id: 3, name: 'host3:/srv/bb/red' };

/** Two of several are drained; one of them dies, and the upgrade goes on. */
export const wave: readonly UpgradeEvent[] = [
  { event: 'stage', stage: 'drain', wave: 2, waves: 3, masters: [blue, second.name] },
  { event: 'asked', master: blue, verb: 'drain', way: 'signal', error: null },
  { event: 'asked', master: second.name, verb: 'drain', way: 'signal', error: null },
  { event: 'progress', at, masters: [leftWith(), leftWith(second)] },
  { event: 'ended', master: second.name, ending: 'dead' },
  { event: 'expired', master: second.name, journal: 7, advice: ['Requests: somebody looks soon.'] },
  { event: 'progress', at, masters: [leftWith()] },
  { event: 'ended', master: blue, ending: 'stopped' },
  // All rows have ended, and the stage goes on.
  { event: 'moved', kind: 'scheduler', service: 'nightly', from: blue, to: green, unheld: { atLeast: 0, atMost: 2 } },
  { event: 'trouble', master: blue, kind: 'silent', message: 'It came late.' },
  { event: 'stage', stage: 'hand over', wave: 2, waves: 3, masters: [blue, second.name] },
  { event: 'report', report: reportWith({ status: 'lost contact' }) },
];

const hostile = 'evil\u001b[2J\u001b]0;owned\u0007\r\n:/srv/\u202emaster';

/** Everything that can have a name has one that a terminal would obey. */
export const nasty: readonly UpgradeEvent[] = [
  stage('start', [hostile]),
  { event: 'started', master: hostile, way: 'command', error: hostile },
  { event: 'arriving', master: hostile, waitsFor: hostile },
  stage('drain', [hostile]),
  { event: 'asked', master: hostile, verb: 'drain', way: 'rest', error: hostile },
  { event: 'progress', at, masters: [leftWith({ name: hostile, builds: [{ ...leftWith().builds[0]!, builder: hostile, step: hostile }] })] }, // prettier-ignore
  { event: 'trouble', master: hostile, kind: 'silent', message: hostile },
  { event: 'gone', master: hostile, message: hostile },
  { event: 'lost contact', message: hostile },
  { event: 'deadline', masters: [hostile], then: 'kill' },
  { event: 'expired', master: hostile, journal: 3, advice: [] },
  { event: 'ended', master: hostile, ending: 'restarted' },
  { event: 'taken back', master: hostile, error: hostile },
  stage('hand over', [hostile]),
  { event: 'unheld', services: [hostile] },
  {
    event: 'moved',
    kind: 'scheduler',
    service: hostile,
    from: hostile,
    to: hostile,
    unheld: { atLeast: 0, atMost: 0 },
  },
  {
    event: 'report',
    report: reportWith({
      status: 'blocked',
      why: hostile,
      ways: [hostile, `bbctl ${hostile}`],
      masters: [{ name: hostile, role: 'old', outcome: 'running', killed: false, seconds: 3, error: hostile }],
      services: [{ kind: 'scheduler', name: hostile, from: hostile, to: hostile, unheld: { atLeast: 0, atMost: 0 } }],
      builds: [{ id: 1, builder: hostile, number: 1, results: 'retry', master: hostile }],
      workers: [{ worker: hostile, to: [hostile] }],
      withoutWorker: [{ builder: hostile, seconds: 3 }],
      complaints: [hostile],
    }),
  },
];
