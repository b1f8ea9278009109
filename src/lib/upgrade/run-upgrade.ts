/*
 * Start new, drain old. Each stage looks at the cluster and does what is still to be done, so that going on after
 * anything means to run it again.
 */
import type { MasterReport } from '../drain/events.js';
import { Failure } from '../errors.js';
import type { UpgradeReport } from './events.js';
import { drainMasters } from './drain-masters.js';
import type { UpgradeGround } from './ground.js';
import { Halt } from './halt.js';
import { handOver } from './hand-over.js';
import { LogBook } from './log-book.js';
import type { UpgradePorts, UpgradeRequest } from './ports.js';
import { complaintsOf } from './prove.js';
import type { Expected } from './prove.js';
import { upgradeReport } from './report.js';
import type { Conclusion, LastLook } from './report.js';
import { sampleHolders } from './sample-holders.js';
import type { SavedOld, SavedUpgrade } from './saved-upgrade.js';
import { startMasters } from './start-masters.js';
import { takeBack } from './take-back.js';
import { Watch } from './watch.js';
import { wavesOf } from './waves.js';

/** Goes on with what is saved. Throws a `Failure` where it cannot be kept at all; all else is in the report. */
export function runUpgrade(request: UpgradeRequest, saved: SavedUpgrade, ports: UpgradePorts): Promise<UpgradeReport> {
  return run(request, saved, ports, forward);
}

/** Brings the old masters back, and drains the new ones that were started. Throws as `runUpgrade` does. */
export function abortUpgrade(
  request: UpgradeRequest,
  saved: SavedUpgrade,
  ports: UpgradePorts,
): Promise<UpgradeReport> {
  return run(request, saved, ports, back);
}

type Direction = (request: UpgradeRequest, ground: UpgradeGround) => Promise<Conclusion>;

async function run(request: UpgradeRequest, saved: SavedUpgrade, ports: UpgradePorts, direction: Direction): Promise<UpgradeReport> {
  const book = new LogBook(saved, (now) => ports.save(now), (message) => ports.emit({ event: 'not saved', message })); // prettier-ignore
  const ground = { request, ports, book, watch: new Watch(ports, book, request) };
  const over = new AbortController();
  const sampling = sampleHolders(ground, over.signal);
  const conclusion = await direction(request, ground)
    .catch(halted)
    .finally(async () => {
      over.abort();
      await sampling;
    });
  if (conclusion.status === 'done' || conclusion.status === 'aborted') book.write({ finished: conclusion.status });
  const report = upgradeReport(book.now, conclusion, await lastLook(ground));
  ports.emit({ event: 'report', report });
  return report;
} // prettier-ignore

function halted(error: unknown): Conclusion {
  if (!(error instanceof Halt)) throw error;
  return { status: error.status, why: error.why, ways: error.ways, complaints: null };
}

async function forward(request: UpgradeRequest, ground: UpgradeGround): Promise<Conclusion> {
  const { ports, book } = ground;
  const waves = wavesOf(request.start, request.old, request.oneByOne);
  for (const [index, { start, old }] of waves.entries()) {
    const stage = (name: 'start' | 'drain' | 'hand over', masters: readonly string[]): void => ports.emit({ event: 'stage', stage: name, wave: index + 1, waves: waves.length, masters }); // prettier-ignore
    const [starting, draining] = [start.map(({ name }) => name), old.map(({ master }) => master.name)];
    if (start.length > 0) stage('start', starting);
    await startMasters(start, ground);
    stage('drain', draining);
    await drainMasters(old, {
      isAsked: false,
      onAsked: (name, at) => book.writeOld(name, { askedAt: at, endedAt: null, ending: null, broughtBack: null, error: null }), // prettier-ignore
      onEnded: (one, at) => book.writeOld(one.name, endOf(one, at)),
    }, ground); // prettier-ignore
    stage('hand over', draining);
    await handOver(old, ground);
  }
  const { services, builders } = book.now;
  const stopped = request.old.map(({ master }) => master.id);
  return prove('done', { stopped, living: request.start.map(({ name }) => name), services, builders }, ground);
}

function endOf({ ending, killed, error }: MasterReport, at: number): Partial<SavedOld> {
  if (ending === 'not asked') return { askedAt: null, error };
  return ending === 'running' ? { killed, error } : { endedAt: at, ending, killed, error };
}

async function back(request: UpgradeRequest, ground: UpgradeGround): Promise<Conclusion> {
  const { book } = ground;
  const leaving = await takeBack(request, ground);
  const { services, builders } = book.now;
  return prove('aborted', { stopped: leaving, living: request.old.map(({ master }) => master.name), services, builders }, ground); // prettier-ignore
}

/** By a look at the database, not by what was seen on the way. */
async function prove(
  status: 'done' | 'aborted',
  expected: Expected,
  { ports, watch }: UpgradeGround,
): Promise<Conclusion> {
  ports.emit({ event: 'stage', stage: 'prove', wave: 1, waves: 1, masters: [] });
  const facts = await watch.until(expected.stopped, (seen) => seen);
  const complaints = complaintsOf(facts, expected);
  if (complaints.length === 0) return { status, why: null, ways: [], complaints };
  return { status: 'blocked', why: 'Not all is as it should be.', ways: ['"bbctl doctor" tells more.', 'Then "bbctl upgrade --resume" looks again.'], complaints }; // prettier-ignore
}

/** A report without it is better than none. */
async function lastLook({ ports, book }: UpgradeGround): Promise<LastLook> {
  const ids = book.now.old.map(({ id }) => id);
  try {
    return { facts: await ports.read(ids), builds: await ports.readBuilds(ids, book.now.firstBuild) };
  } catch (error) {
    if (error instanceof Failure) return { facts: null, builds: [] };
    throw error;
  }
}
