import { groupBy } from '../model/group-by.js';
import type { Details } from '../model/details.js';
import type { Transaction } from './connect.js';
import { newestId } from './rows.js';

/** How far back: enough to tell a rhythm, little enough for every minute. */
const newestBuildsets = 1000;

interface Firing {
  readonly buildsetId: number;
  readonly scheduler: string;
  readonly at: number;
}

/** When schedulers fired, and which builders each asked for the last time. */
export async function readFirings(tx: Transaction): Promise<Pick<Details, 'firings' | 'lastAsked'>> {
  const all = groupBy(await newestFirings(tx), (firing) => firing.scheduler);
  const last = new Map([...all].map(([scheduler, [firing]]) => [firing?.buildsetId ?? 0, scheduler]));
  const requests = await tx
    .sql('buildrequests')
    .whereIn('buildsetid', [...last.keys()])
    .select<{ buildsetid: number; builderid: number }[]>('buildsetid', 'builderid');
  const asked = groupBy(requests, (request) => last.get(request.buildsetid));
  return {
    firings: new Map([...all].map(([scheduler, fired]) => [scheduler, fired.map((firing) => firing.at)])),
    lastAsked: new Map(
      [...all.keys()].map((scheduler) => [scheduler, (asked.get(scheduler) ?? []).map((request) => request.builderid)]),
    ),
  };
}

/** Newest first. Who asked for a buildset is a property of it: `["nightly", "Scheduler"]`. */
async function newestFirings(tx: Transaction): Promise<Firing[]> {
  const buildsets = await tx
    .sql('buildsets')
    .where('id', '>', (await newestId(tx, 'buildsets')) - newestBuildsets)
    .select<{ id: number; submitted_at: number }[]>('id', 'submitted_at');
  const times = new Map(buildsets.map((buildset) => [buildset.id, Number(buildset.submitted_at)]));
  const rows = await tx
    .sql('buildset_properties')
    .whereIn('buildsetid', [...times.keys()])
    .where('property_name', 'scheduler')
    .select<{ buildsetid: number; property_value: string }[]>('buildsetid', 'property_value');
  const firings = rows.map((row) => ({
    buildsetId: row.buildsetid,
    scheduler: schedulerOf(String(row.property_value)),
    at: times.get(row.buildsetid) ?? 0,
  }));
  return firings.sort((a, b) => b.buildsetId - a.buildsetId);
}

function schedulerOf(property: string): string {
  try {
    const value: unknown = JSON.parse(property);
    return Array.isArray(value) ? String(value[0]) : '';
  } catch {
    return '';
  }
}
