import { createHash } from 'node:crypto';

export type Row = Record<string, string | number | null>;
export type Tables = Record<string, Row[]>;

export const counts = {
  masters: 20,
  builders: 200,
  workers: 100,
  schedulers: 40,
  changeSources: 10,
  sourcestamps: 1000,
};

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
const masterOf = (id: number): number => 1 + (id % counts.masters);
const named = (id: number, name: string): Row => ({
  id,
  name,
  name_hash: createHash('sha1').update(name).digest('hex'),
});

/** What is small in a cluster: every master configures every builder, each builder has two workers. */
export function clusterRows(now: number): Tables {
  const builderMasters = range(counts.masters).flatMap((masterid) =>
    range(counts.builders).map((builderid) => ({
      id: (masterid - 1) * counts.builders + builderid,
      builderid,
      masterid,
    })),
  );
  return {
    masters: range(counts.masters).map((id) => ({
      ...named(id, masterName(id)),
      active: 1,
      last_active: now,
    })),
    builders: range(counts.builders).map((id) => ({ ...named(id, `builder-${id}`), description: null })),
    workers: range(counts.workers).map((id) => ({ id, name: `worker-${id}`, info: '{}', paused: 0, graceful: 0 })),
    schedulers: range(counts.schedulers).map((id) => ({ ...named(id, `scheduler-${id}`), enabled: 1 })),
    changesources: range(counts.changeSources).map((id) => named(id, `https://git.example.org/project-${id}.git`)),
    builder_masters: builderMasters,
    configured_workers: builderMasters.flatMap(({ id, builderid }) =>
      [0, 1].map((k) => ({ id: id * 2 - k, buildermasterid: id, workerid: workerOf(builderid + k) })),
    ),
    connected_workers: range(counts.workers).map((id) => ({ id, workerid: id, masterid: masterOf(id) })),
    scheduler_masters: range(counts.schedulers).map((id) => ({ schedulerid: id, masterid: masterOf(id) })),
    changesource_masters: range(counts.changeSources).map((id) => ({ changesourceid: id, masterid: masterOf(id) })),
    sourcestamps: range(counts.sourcestamps).map((id) => ({
      ...{ id, ss_hash: named(id, `revision-${id}`).name_hash ?? '', branch: 'main', revision: `revision-${id}` },
      ...{ patchid: null, repository: '', codebase: '', project: '', created_at: now },
    })),
  };
}

export const masterName = (id: number): string => `host-${id}.example.org:/srv/bot/master`;

const workerOf = (builderid: number): number => 1 + (builderid % counts.workers);
