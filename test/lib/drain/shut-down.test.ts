// The procedure by a clock of its own, before a database that is played: what is asked when, and what is believed.
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Controlled } from '../../../src/lib/control/master-control.js';
import type { ShutDownEvent, ShutDownReport } from '../../../src/lib/drain/events.js';
import { shutDown, type Expired, type ShutDownOptions, type ShutDownPorts } from '../../../src/lib/drain/shut-down.js';
import type { Target } from '../../../src/lib/drain/targets.js';
import { Failure } from '../../../src/lib/errors.js';
import type { MasterFacts } from '../../../src/lib/model/master.js';
import { clusterWith, masterFacts, now } from '../../_helpers/facts.js';

/** What the database shows at a second of the procedure; a `Failure`: nothing. */
type Script = (seconds: number) => MasterFacts | Failure;

interface Played {
  readonly report: ShutDownReport | Failure;
  readonly events: readonly ShutDownEvent[];
  /** The verbs that were carried out, in their order. */
  readonly done: readonly string[];
  readonly expired: readonly { isGone: boolean }[];
}

interface Scene {
  readonly script: Script;
  readonly options?: Partial<ShutDownOptions>;
  readonly control?: Controlled['control'];
  readonly expire?: (seen: { isGone: boolean }) => Promise<Expired>;
  readonly without?: ReadonlySet<number>;
  /** Ctrl-C at this second. */
  readonly interruptedAt?: number;
}

const building = masterFacts({ has: { openBuilds: 1 } });
const stopped = masterFacts({ active: false, has: { builderMasters: [] } });

async function play(t: ExecutionContext, { script, options, control, expire, without, interruptedAt = Infinity }: Scene): Promise<Played> {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'bbctl-shut-down-')));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [events, expired]: [ShutDownEvent[], { isGone: boolean }[]] = [[], []];
  let ms = 0;
  const interruption = new AbortController();
  const read = (): ReturnType<ShutDownPorts['read']> => {
    const seen = script(ms / 1000);
    if (seen instanceof Failure) return Promise.reject(seen);
    const cluster = clusterWith({ masters: [{ ...seen, lastActive: seen.lastActive + ms / 1000 }], now: now + ms / 1000 });
    return Promise.resolve({ cluster, steps: new Map(), durations: new Map(), awaited: [] });
  };
  const ports: ShutDownPorts = {
    read,
    readResults: () => Promise.resolve(new Map()),
    expire: (_, seen) => (expired.push(seen), (expire ?? (() => Promise.resolve({ journal: 3, advice: [] })))(seen)),
    emit: (event) => void events.push(event),
    sleep(by) {
      ms += by;
      if (ms / 1000 >= interruptedAt) interruption.abort();
      return Promise.resolve();
    },
    nowMs: () => ms,
  };
  const say = (verb: string) => ({ exec: ['sh', '-c', `echo ${verb} >> done`] });
  const controls = { drain: say('drain'), stop: say('stop'), kill: say('kill'), status: { exec: ['sh', '-c', 'exit 3'] }, ...control };
  const [master] = clusterWith({ masters: [building] }).masters;
  const target: Target = { master: master!, kind: 'buildbot', key: 'one', controlled: { id: 1, key: 'one', kind: 'buildbot', control: controls, file: path.join(folder, 'cluster.yaml'), tokenFile: null } };
  const all: ShutDownOptions = { verb: 'drain', deadlineMs: null, onDeadline: 'fail', everyMs: 1000, signal: interruption.signal, ...options };
  const report = await shutDown([target], without ?? new Set(), all, ports).catch((error: unknown) => error as Failure);
  return { report, events, expired, done: doneIn(folder) };
} // prettier-ignore

function doneIn(folder: string): string[] {
  try {
    return readFileSync(path.join(folder, 'done'), 'utf8').trim().split('\n');
  } catch {
    return [];
  }
}

const names = (events: readonly ShutDownEvent[]): string[] => events.map(({ event }) => event).filter((name) => name !== 'progress'); // prettier-ignore
const troubles = (events: readonly ShutDownEvent[]): string[] => events.flatMap((event) => (event.event === 'trouble' ? [event.message] : [])); // prettier-ignore

test('it is asked, and watched until it has stopped', async (t) => {
  const { report, events, done } = await play(t, { script: (seconds) => (seconds < 5 ? building : stopped) });
  t.like(report, { status: 'stopped', masters: [{ ending: 'stopped', seconds: 5, killed: false }] });
  t.deepEqual([names(events), done], [['asked', 'ended', 'report'], ['drain']]);
});

test('one that drains already is watched, and one that has stopped meanwhile is not asked', async (t) => {
  const watched = await play(t, { script: (seconds) => (seconds < 2 ? building : stopped), without: new Set([1]) });
  t.like(watched, { report: { status: 'stopped' }, done: [] });
  const late = await play(t, { script: () => stopped });
  t.like(late, { report: { status: 'stopped' }, done: [] });
});

test('a command that lies is not believed: it stops when the database says so', async (t) => {
  const lying = await play(t, { script: () => building, control: { drain: { exec: ['true'] } }, options: { deadlineMs: 60_000 } }); // prettier-ignore
  t.like(lying.report, { status: 'deadline', masters: [{ ending: 'running', error: null }] });
  const complaining = await play(t, { script: (seconds) => (seconds < 10 ? building : stopped), control: { drain: { exec: ['sh', '-c', 'echo never saw it go; exit 1'] } } }); // prettier-ignore
  t.like(complaining.report, { status: 'stopped', masters: [{ ending: 'stopped' }] });
});

test('a command that fails, and has not reached the master, is told after a while', async (t) => {
  const { report, events } = await play(t, { script: () => building, control: { drain: { exec: ['sh', '-c', 'echo no route; exit 255'] } } }); // prettier-ignore
  t.like(report, { name: 'Failure', code: 'unreachable', message: 'sh ended with status 255: no route' });
  t.like(events.at(-1), { event: 'report', report: { masters: [{ ending: 'not asked', seconds: 20 }] } });
  const missing = await play(t, { script: () => building, control: { drain: { exec: ['/no/such/program'] } } });
  t.like(missing.report, { name: 'Failure', message: '/no/such/program cannot be run (ENOENT)' });
});

test('a command that hangs may have reached it: the database is watched on', async (t) => {
  const control = { drain: { exec: ['sleep', '60'], timeoutMs: 200 } };
  const { report } = await play(t, { script: (seconds) => (seconds < 100 ? building : stopped), control });
  t.like(report, { status: 'stopped', masters: [{ error: 'sleep did not end within 0.2 s' }] });
});

test('fail: the deadline ends the watching, and nothing else', async (t) => {
  const { report, events, done } = await play(t, { script: () => building, options: { deadlineMs: 30_000 } });
  t.like(report, { status: 'deadline', masters: [{ ending: 'running', seconds: 30 }] });
  t.deepEqual([names(events), done], [['asked', 'deadline', 'report'], ['drain']]);
});

test('wait: the deadline is told once', async (t) => {
  const { report, events } = await play(t, { script: (seconds) => (seconds < 500 ? building : stopped), options: { deadlineMs: 30_000, onDeadline: 'wait' } }); // prettier-ignore
  t.like(report, { status: 'stopped' });
  t.deepEqual(names(events), ['asked', 'deadline', 'ended', 'report']);
});

test('stop: it is stopped by its control, and has a while for it', async (t) => {
  const options = { deadlineMs: 30_000, onDeadline: 'stop' as const };
  const heeding = await play(t, { script: (seconds) => (seconds < 60 ? building : stopped), options });
  t.like(heeding, { report: { status: 'stopped' }, done: ['drain', 'stop'] });
  const deaf = await play(t, { script: () => building, options });
  t.like(deaf.report, { status: 'deadline', masters: [{ ending: 'running', seconds: 150 }] });
  const failing = await play(t, { script: (seconds) => (seconds < 60 ? building : stopped), options, control: { stop: { exec: ['false'] } } }); // prettier-ignore
  t.like(failing.report, { status: 'stopped', masters: [{ error: 'false ended with status 1' }] });
});

const killing = { deadlineMs: 30_000, onDeadline: 'kill' as const };

test('kill: it is expired when it is seen to be gone', async (t) => {
  const { report, events, done, expired } = await play(t, { script: (seconds) => (seconds < 32 ? building : stopped), options: killing }); // prettier-ignore
  t.like(report, { status: 'stopped', masters: [{ killed: true }] });
  t.deepEqual(names(events), ['asked', 'deadline', 'asked', 'gone', 'expired', 'ended', 'report']);
  t.deepEqual([done, expired], [['drain', 'kill'], [{ isGone: true }]]);
});

test('kill: one that still runs is not expired', async (t) => {
  const { report, events, expired } = await play(t, { script: () => building, options: killing, control: { status: { exec: ['true'] } } }); // prettier-ignore
  t.like(report, { status: 'deadline', masters: [{ ending: 'running', killed: false }] });
  t.deepEqual([expired, troubles(events)], [[], ['host:/srv/one still runs after its control.kill: it was not expired.']]); // prettier-ignore
});

test('kill: one of which nobody knows whether it is gone is expired when its heart has been silent for long enough', async (t) => {
  const silent = masterFacts({ lastActive: now - 700 });
  const control = { status: { exec: ['sh', '-c', 'exit 1'] } };
  const dying = await play(t, { script: (seconds) => (seconds < 300 ? building : seconds < 301 ? silent : stopped), options: killing, control }); // prettier-ignore
  t.like(dying, { report: { status: 'stopped', masters: [{ killed: true }] }, expired: [{ isGone: false }] });
  const living = await play(t, { script: () => building, options: killing, control });
  t.like(living, { report: { status: 'deadline', masters: [{ killed: false }] }, expired: [] });
});

test('kill: one whose heart beats although it is said to be gone is left alone', async (t) => {
  const expire = () => Promise.reject(new Failure('refused', 'It has changed between two looks: it is alive.'));
  const { report, events } = await play(t, { script: () => building, options: killing, expire });
  t.like(report, { status: 'deadline', masters: [{ killed: false, ending: 'running' }] });
  t.deepEqual(troubles(events), ['It has changed between two looks: it is alive.']);
});

test('Ctrl-C ends the watching alone', async (t) => {
  const { report, done, events } = await play(t, { script: () => building, interruptedAt: 10, options: killing });
  t.like(report, { status: 'interrupted', masters: [{ ending: 'running', seconds: 10 }] });
  t.deepEqual([done, names(events)], [['drain'], ['asked', 'report']]);
});

test('a database that is away for a while ends nothing', async (t) => {
  const away = new Failure('unreachable', 'The database is away.');
  const { report, events } = await play(t, { script: (seconds) => (seconds > 5 && seconds < 60 ? away : seconds < 90 ? building : stopped) }); // prettier-ignore
  t.like(report, { status: 'stopped' });
  t.deepEqual(names(events), ['asked', 'lost contact', 'contact', 'ended', 'report']);
});

test('one that dies on its way, or is started again, has not stopped', async (t) => {
  const died = await play(t, {
    script: (seconds) => (seconds < 5 ? building : masterFacts({ lastActive: now - 700 })),
  });
  t.like(died.report, { status: 'partly done', masters: [{ ending: 'dead' }] });
  const half = masterFacts({ active: false });
  const again = await play(t, { script: (seconds) => (seconds < 5 ? building : seconds < 7 ? half : building) });
  t.like(again.report, { status: 'partly done', masters: [{ ending: 'restarted' }] });
});
