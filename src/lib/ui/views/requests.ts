import { builderName, masterName, masterOf, stuckRequests } from '../../model/cluster.js';
import type { Cluster } from '../../model/cluster.js';
import type { OpenRequest } from '../../model/request.js';
import { unservableBy } from '../../model/unservable.js';
import type { Unservable } from '../../model/unservable.js';
import { ago } from '../format.js';
import type { Column } from '../list.js';
import { colour } from '../terminal.js';

/** An open build request as `--json` prints it; times are epoch seconds. */
export interface RequestRow {
  readonly id: number;
  readonly builder: string;
  readonly state: 'pending' | 'claimed' | 'stuck';
  readonly priority: number;
  readonly buildset: number;
  readonly submittedAt: number;
  /** Seconds since it was submitted. */
  readonly age: number;
  readonly claimedBy: string | null;
  readonly claimedByState: string | null;
  readonly claimedAt: number | null;
  readonly waitedFor: boolean;
  /** Why no living master can build it now; `null` where one can, or it is claimed. */
  readonly unservable: Unservable | null;
}

export function requestRows(cluster: Cluster, requests: readonly OpenRequest[]): RequestRow[] {
  const stuck = new Set(stuckRequests(cluster).map((request) => request.id));
  const reasonOf = unservableBy(cluster);
  const builders = new Map(cluster.builders.map((builder) => [builder.id, builder.name]));
  return requests.map((request) => ({
    id: request.id,
    builder: builders.get(request.builderId) ?? builderName(cluster, request.builderId),
    state: stuck.has(request.id) ? 'stuck' : request.claim ? 'claimed' : 'pending',
    priority: request.priority,
    buildset: request.buildsetId,
    submittedAt: request.submittedAt,
    age: Math.round(cluster.now - request.submittedAt),
    claimedBy: request.claim ? masterName(cluster, request.claim.masterId) : null,
    claimedByState: request.claim ? (masterOf(cluster, request.claim.masterId)?.state ?? 'gone') : null,
    claimedAt: request.claim?.claimedAt ?? null,
    waitedFor: request.waitedFor,
    unservable: request.claim ? null : reasonOf(request.builderId),
  }));
}

export const requestColumns: readonly Column<RequestRow>[] = [
  { name: 'id', align: 'right' },
  { name: 'builder' },
  { name: 'state', colour: (word) => (word.startsWith('stuck') ? colour.red(word) : word) },
  { name: 'age', header: 'SUBMITTED', format: (seconds: number) => ago(seconds) },
  { name: 'priority', align: 'right' },
  { name: 'claimedBy' },
  { name: 'claimedByState', header: 'HOLDER STATE' },
  { name: 'unservable', hidden: true },
  { name: 'waitedFor', hidden: true },
  { name: 'buildset', hidden: true, align: 'right' },
  { name: 'submittedAt', hidden: true },
  { name: 'claimedAt', hidden: true },
];

export const unservableColumns: readonly Column<RequestRow>[] = requestColumns
  .filter(({ name }) => name !== 'claimedBy' && name !== 'claimedByState')
  .map((column) => (column.name === 'unservable' ? { ...column, header: 'WHY', hidden: false } : column));
