import type { Transaction } from '../../../src/lib/db/connect.js';
import { readView } from '../../../src/lib/db/cluster-view.js';
import { until } from '../buildbot/until.js';
import { bbctl } from '../cli.js';
import type { ChaosMaster } from './chaos-master.js';
import { expireAfter } from './cluster-text.js';
import { epoch } from './chaos-log.js';
import { countPlain, countStable } from './count-changes.js';
import { readActivities } from './evidence.js';
import { idleHolders } from './idle-holders.js';
import { readRecords } from './records.js';
import type { Sampler } from './sampler.js';

/** For a machine with much else to do. */
const patience = { deadlineMs: 90_000, everyMs: 250 };

/** In seconds: until every service was held by a living master, once nothing was wrong any more. */
export async function untilWhole(sampler: Sampler, masters: readonly ChaosMaster[]): Promise<number> {
  const begun = epoch();
  await until('everything is held by living masters', () => isWhole(sampler, masters.length), patience);
  return epoch() - begun;
}

async function isWhole({ store }: Sampler, count: number): Promise<boolean> {
  const view = await store.glance(readView).catch(() => null);
  if (!view) return false;
  const living = new Set(view.peers.filter(({ active, lastActive, run }) => active && run && view.now - lastActive < expireAfter).map(({ id }) => id)); // prettier-ignore
  // What is only called by name nobody holds.
  const offered = new Set(view.peers.flatMap(({ offer }) => [...offer.schedulers, ...offer.changeSources]));
  const clustered = view.services.filter(({ name, holderId }) => offered.has(name) || holderId !== null);
  const isHeld = clustered.every(({ holderId }) => holderId !== null && living.has(holderId));
  return living.size === count && clustered.length > 0 && isHeld;
}

/** Who comes back to what nobody has taken from it holds it at once, but runs it only with its next heartbeat. */
export async function untilRun({ samples }: Sampler, masters: readonly ChaosMaster[]): Promise<void> {
  const isRun = (): boolean => idleHolders({ samples, activities: readActivities(masters) }, 0).length === 0;
  await until('every service is run by its holder', isRun, patience);
}

/** The poller has seen the last push, and the schedulers have dealt with it. */
export async function untilQuiet(sampler: Sampler, heads: readonly string[]): Promise<void> {
  await until('the last push is built', async () => {
    if (!heads.every((head) => sampler.polledHeads.has(head))) return false;
    const records = await sampler.store.glance(readRecords);
    return countPlain({ records }).missing.length + countStable({ records }).missing.length === 0;
  }, patience); // prettier-ignore
}

/** What `bbctl doctor` finds to be wrong with masters and services. */
export async function diagnosed(url: string): Promise<string[]> {
  const { findings } = (await bbctl(['doctor', '--json'], { db: url })).json() as {
    findings: { id: string; message: string }[];
  };
  return findings.filter(({ id }) => /^(no-)?master|^service|^clock/.test(id)).map(({ id, message }) => `doctor: ${id}: ${message}`); // prettier-ignore
}

/** What masters that have stopped in order have left all the same. */
export async function leftBehind({ sql }: Transaction): Promise<string[]> {
  const problems: string[] = [];
  for (const table of [
    'scheduler_masters',
    'changesource_masters',
    'builder_masters',
    'connected_workers',
    'configured_workers',
  ]) {
    // prettier-ignore
    const rows = await sql(table).select();
    if (rows.length > 0) problems.push(`${rows.length} rows are left in ${table}`);
  }
  const active = await sql('masters').where('active', 1).select();
  return active.length > 0 ? [...problems, `${active.length} masters are still active`] : problems;
}
