import type { Transaction } from '../../../src/lib/db/connect.js';
import { Database } from '../../../src/lib/db/connect.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { retry, success } from '../../../src/lib/model/results.js';
import { until } from '../buildbot.js';
import { readBuildRecords, type BuildRecords } from '../counting/build-records.js';
import { countEffects } from '../counting/judge-effects.js';
import { countRequests, resultProblems } from '../counting/judge-requests.js';
import { readSideEffects } from '../counting/side-effects.js';
import { countingBuilders } from './asking.js';
import { services } from './cluster-file.js';
import type { Key } from './sides.js';
import type { UpgradeScene } from './upgrade-scene.js';

interface Outcome {
  /** What should be and is not; empty where all is well. */
  readonly problems: readonly string[];
  readonly records: BuildRecords;
}

type Raw = Record<string, unknown>;

/** What the database says once all that was asked for is built; `to` has the place of the other. */
async function outcome(scene: UpgradeScene, to: Key): Promise<Outcome> {
  await scene.asking.stop();
  // A Buildbot master looks at a builder's requests when somebody asks it for one more.
  for (const builder of countingBuilders) await until(`${to} takes a request`, async () => (await scene.asking.ask(to, builder)) ?? undefined);
  const { db, sides } = scene;
  const database = await Database.open(parseDatabaseUrl(db.url), { access: 'read', purpose: 'a proof', timeoutMs: 10_000 });
  scene.t.teardown(() => database.close());
  const from = sides[to === 'blue' ? 'green' : 'blue'];
  let last: Outcome | undefined;
  const look = async (): Promise<boolean> => {
    last = await database.read(async (tx) => {
      const records = await readBuildRecords(tx);
      const left = await leftOf(tx, from.name);
      const moved = [...(await notMoved(tx, scene, to)), ...(await wrongChanges(tx, scene))];
      return { records, problems: [...buildProblems(scene, records), ...left, ...moved] };
    });
    return last.problems.length === 0;
  };
  await until('all is well', look, { deadlineMs: 40_000, everyMs: 500 }).catch(() => {});
  return last!;
} // prettier-ignore

/** Each request is built exactly once, with success, and none again. */
function buildProblems(scene: UpgradeScene, records: BuildRecords): string[] {
  const effects = readSideEffects(scene.record, scene.site.home);
  const counts = [countRequests(records, scene.asking.asked), countEffects(records, effects, countingBuilders)];
  return [
    ...counts.flatMap(({ missing, double }) => [...missing, ...double]),
    ...resultProblems(records),
    ...records.requests.filter(({ isComplete, results }) => isComplete && results !== success).map(({ id, builder, results }) => `request ${id} of ${builder} has result ${results}`), // prettier-ignore
  ];
}

/** What is still in the name of a master that has stopped. */
async function leftOf({ sql }: Transaction, name: string): Promise<string[]> {
  const master = await sql('masters').where({ name }).first<Raw>();
  if (!master) return [`${name} has no row`];
  const tables = ['scheduler_masters', 'changesource_masters', 'builder_masters', 'connected_workers'];
  const counts = tables.map(async (table) => [table, (await sql(table).where({ masterid: master['id'] }).select<Raw[]>()).length] as const); // prettier-ignore
  const left = (await Promise.all(counts)).filter(([, count]) => count > 0);
  return [
    ...(Number(master['active']) === 1 ? [`${name} is active`] : []),
    ...left.map(([table, count]) => `${table} has ${count} rows of ${name}`),
  ];
}

async function notMoved({ sql }: Transaction, { sides, haproxy }: UpgradeScene, to: Key): Promise<string[]> {
  const { name, kind } = sides[to];
  const ofTo = { 'm.name': name };
  const schedulers = await sql('scheduler_masters as c').join('masters as m', 'm.id', 'c.masterid').join('schedulers as s', 's.id', 'c.schedulerid').where(ofTo).pluck<string[]>('s.name'); // prettier-ignore
  const sources = await sql('changesource_masters as c').join('masters as m', 'm.id', 'c.masterid').join('changesources as s', 's.id', 'c.changesourceid').where(ofTo).pluck<string[]>('s.name'); // prettier-ignore
  const workers = await sql('connected_workers as c').join('masters as m', 'm.id', 'c.masterid').join('workers as w', 'w.id', 'c.workerid').where(ofTo).pluck<string[]>('w.name'); // prettier-ignore
  const held = new Set([...schedulers, ...sources]);
  const wanted = kind === 'buildbot' && haproxy ? ['roving', 'heavy'] : [];
  return [
    ...services.filter((service) => !held.has(service)).map((service) => `${service} is not held by ${name}`),
    ...wanted.filter((worker) => !workers.includes(worker)).map((worker) => `${worker} is not connected to ${name}`),
  ];
}

/** Each commit is one change, and was built once. */
async function wrongChanges({ sql }: Transaction, { commits }: UpgradeScene): Promise<string[]> {
  const changes = await sql('changes').select<Raw[]>('comments', 'sourcestampid');
  const built = await sql('buildset_sourcestamps').pluck<number[]>('sourcestampid');
  return commits.flatMap((commit) => {
    const stamps = changes
      .filter(({ comments }) => comments === commit)
      .map(({ sourcestampid }) => Number(sourcestampid));
    const builds = built.filter((stamp) => stamps.includes(stamp)).length;
    return stamps.length === 1 && builds === 1
      ? []
      : [`"${commit}" has ${stamps.length} changes and ${builds} buildsets`];
  });
}

/** Builds that somebody has to do again, or that nobody does again. */
function unsuccessful({ records }: Outcome): string[] {
  return records.builds.filter(({ results }) => results !== success).map(({ builder, number, results, master }) => `build ${number} of ${builder} on ${master} ended with ${results}`); // prettier-ignore
}

/** In seconds, by the database's clock: the longest that a request waited until its build began. */
export function longestWait({ requests, builds }: BuildRecords, builder: string): number {
  const waits = requests.filter((one) => one.builder === builder).map(({ id, submittedAt }) => Math.min(...builds.filter(({ requestId }) => requestId === id).map(({ startedAt }) => startedAt)) - submittedAt); // prettier-ignore
  return Math.max(0, ...waits);
}

/** All is well, and no build had to be done again but so many as this. */
export async function prove(scene: UpgradeScene, to: Key, mostRetried = 0): Promise<void> {
  const end = await outcome(scene, to);
  scene.t.log(told(scene, end));
  scene.t.deepEqual(end.problems, []);
  const { length } = unsuccessful(end);
  scene.t.true(length <= mostRetried, unsuccessful(end).join('\n'));
}

/** Sentences for the record. */
function told(scene: UpgradeScene, { records }: Outcome): string {
  const { asked, acknowledged } = scene.asking;
  const by = Object.values(scene.sides).map(({ key, name }) => `${records.builds.filter(({ master }) => master === name).length} by ${key}`); // prettier-ignore
  const waits = ['tally', 'lonely', 'slow', 'quick', 'tick'].map((builder) => `${builder} ${longestWait(records, builder)} s`); // prettier-ignore
  const retried = records.builds.filter(({ results }) => results === retry).length;
  return `asked ${asked.length}, acknowledged ${acknowledged}; ${records.requests.length} requests, ${records.builds.length} builds (${by.join(', ')}), ${retried} retried; longest wait: ${waits.join(', ')}`; // prettier-ignore
}
