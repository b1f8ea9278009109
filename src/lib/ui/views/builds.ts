import { isAbandoned } from '../../model/build.js';
import { builderName, masterName, masterOf } from '../../model/cluster.js';
import type { Cluster } from '../../model/cluster.js';
import { ago } from '../format.js';
import type { Column } from '../list.js';
import { colour } from '../terminal.js';

/** A build that has not ended as `--json` prints it; times are epoch seconds. */
export interface BuildRow {
  readonly id: number;
  readonly builder: string;
  readonly number: number;
  /** `abandoned`: no living master will end it. */
  readonly state: 'running' | 'abandoned';
  readonly startedAt: number;
  /** Seconds since it was started. */
  readonly age: number;
  readonly master: string;
  readonly masterState: string;
  readonly worker: string | null;
  readonly request: number;
}

export function buildRows(cluster: Cluster): BuildRow[] {
  const workers = new Map(cluster.workers.map((worker) => [worker.id, worker.name]));
  return cluster.builds.map((build) => ({
    id: build.id,
    builder: builderName(cluster, build.builderId),
    number: build.number,
    state: isAbandoned(build, masterOf(cluster, build.masterId)) ? 'abandoned' : 'running',
    startedAt: build.startedAt,
    age: Math.round(cluster.now - build.startedAt),
    master: masterName(cluster, build.masterId),
    masterState: masterOf(cluster, build.masterId)?.state ?? 'gone',
    worker: build.workerId === null ? null : (workers.get(build.workerId) ?? `worker ${build.workerId} (gone)`),
    request: build.requestId,
  }));
}

export const buildColumns: readonly Column<BuildRow>[] = [
  { name: 'id', align: 'right' },
  { name: 'builder' },
  { name: 'number', align: 'right' },
  { name: 'state', colour: (word) => (word.startsWith('abandoned') ? colour.red(word) : word) },
  { name: 'age', header: 'STARTED', format: (seconds: number) => ago(seconds) },
  { name: 'master' },
  { name: 'masterState' },
  { name: 'worker' },
  { name: 'request', align: 'right' },
  { name: 'startedAt', hidden: true },
];
