import type { Cluster } from '../../model/cluster.js';
import { builderName, stuckRequests } from '../../model/cluster.js';
import { formatDuration } from '../../model/duration.js';
import type { Master, MasterState } from '../../model/master.js';
import type { Offer } from '../../model/run.js';
import { list, printable } from '../../model/names.js';
import { ago, timestamp } from '../format.js';
import { withColumn } from '../list.js';
import type { Column } from '../list.js';
import { hanging, wrapped } from '../prose.js';
import { colour, colourState } from '../terminal.js';

/** A master as `--json` prints it. */
export interface MasterRow {
  readonly id: number;
  readonly name: string;
  readonly state: MasterState;
  readonly active: boolean;
  /** Epoch seconds by its own clock; 0 where it was reset. */
  readonly lastActive: number;
  readonly silentFor: number | null;
  readonly services: number;
  readonly builders: number;
  readonly workers: number;
  readonly claims: number;
  readonly runningBuilds: number;
  /** `bbctl`: one of bbctl's own; `null`: nothing says what it is. */
  readonly kind: 'bbctl' | null;
}

export function masterRow(master: Master): MasterRow {
  const { id, name, state, active, lastActive, silentFor, has } = master;
  const services = has.schedulers.length + has.changeSources.length;
  return {
    id,
    name,
    state,
    active,
    lastActive,
    silentFor,
    services,
    builders: has.builderMasters.length,
    workers: has.connectedWorkers.length,
    claims: has.claims,
    runningBuilds: has.openBuilds,
    kind: master.run ? 'bbctl' : null,
  };
}

/** What is one of bbctl's own is told where there is one. */
export function masterColumnsFor(rows: readonly MasterRow[]): Column<MasterRow>[] {
  return withColumn(masterColumns, 'kind', rows);
}

const masterColumns: readonly Column<MasterRow>[] = [
  { name: 'id', align: 'right' },
  { name: 'name' },
  { name: 'state', colour: colourState },
  { name: 'silentFor', header: 'HEARTBEAT', format: (seconds: number | null) => ago(seconds) },
  { name: 'services', align: 'right' },
  { name: 'builders', align: 'right' },
  { name: 'workers', align: 'right' },
  { name: 'claims', align: 'right' },
  { name: 'runningBuilds', header: 'BUILDS', align: 'right' },
  { name: 'kind', hidden: true },
  { name: 'active', hidden: true },
  { name: 'lastActive', hidden: true },
];

/** What a master of bbctl's own says of itself. */
interface OwnRun {
  readonly incarnation: string;
  /** Seconds of silence after which it is dead. */
  readonly expireAfter: number;
  /** Epoch seconds. */
  readonly startedAt: number;
  readonly offers: Offer;
}

export interface MasterDetails extends MasterRow {
  /** `null`: nothing says that it is one of bbctl's own. */
  readonly run: OwnRun | null;
  readonly otherSign: number | null;
  readonly clockBehind: number;
  readonly heldServices: readonly { kind: string; name: string }[];
  readonly configuredBuilders: readonly string[];
  readonly connectedWorkers: readonly string[];
  readonly builds: readonly { id: number; builder: string; number: number; startedAt: number }[];
  readonly claimedRequests: readonly number[];
  readonly stuckRequests: readonly number[];
}

export function masterDetails(cluster: Cluster, master: Master): MasterDetails {
  const isMine = (masterId: number | null | undefined): boolean => masterId === master.id;
  return {
    ...masterRow(master),
    run: runOf(master),
    otherSign: master.otherSign,
    clockBehind: master.clockBehind,
    heldServices: cluster.services.filter((service) => isMine(service.holderId)).map(({ kind, name }) => ({ kind, name })),
    configuredBuilders: cluster.builders.filter((builder) => builder.masterIds.includes(master.id)).map((builder) => builder.name),
    connectedWorkers: cluster.workers.filter((worker) => worker.connectedTo.includes(master.id)).map((worker) => worker.name),
    builds: cluster.builds.filter((build) => isMine(build.masterId)).map(({ id, builderId, number, startedAt }) => ({ id, builder: builderName(cluster, builderId), number, startedAt })),
    claimedRequests: cluster.claimed.filter((request) => isMine(request.claim?.masterId)).map((request) => request.id),
    stuckRequests: stuckRequests(cluster).filter((request) => isMine(request.claim?.masterId)).map((request) => request.id),
  }; // prettier-ignore
}

function runOf({ run, offer }: Master): OwnRun | null {
  if (!run) return null;
  const { incarnation, expireAfter, startedAt } = run;
  return { incarnation, expireAfter, startedAt, offers: offer };
}

function runFields({ run, active }: MasterDetails, now: number): [string, string][] {
  if (!run) return [];
  const offered = [...run.offers.schedulers, ...run.offers.changeSources];
  const dead = `, dead after ${formatDuration(run.expireAfter)} of silence`;
  return [
    ['Kind', `one of bbctl's own${active ? dead : ''}`],
    [active ? 'Runs since' : 'Last run', `${timestamp(run.startedAt)}, ${ago(now - run.startedAt)}`],
    ['Incarnation', printable(run.incarnation)],
    ['Offers', names(offered)],
  ];
}

function names(words: readonly string[]): string {
  return words.length === 0 ? '-' : list(words.map(printable), 12);
}

export function renderMaster(details: MasterDetails, now: number): string {
  const lastBeat =
    details.lastActive === 0
      ? 'never, or reset by "buildbot upgrade-master"'
      : `${timestamp(details.lastActive)}, ${ago(details.silentFor)}`;
  const fields: [string, string][] = [
    ['Id', String(details.id)],
    ['State', colourState(details.state)],
    ...runFields(details, now),
    ['Heartbeat', lastBeat],
    ...(details.otherSign === null
      ? []
      : [
          [
            'Other sign',
            `${timestamp(details.otherSign)}, ${ago(now - details.otherSign)} (newest claim, build or step)`,
          ] as [string, string],
        ]),
    ...(details.clockBehind > 5
      ? [['Clock', `at least ${formatDuration(details.clockBehind)} behind another master's`] as [string, string]]
      : []),
    ['Services', names(details.heldServices.map((service) => service.name))],
    ['Builders', names(details.configuredBuilders)],
    ['Workers', names(details.connectedWorkers)],
    [
      'Builds',
      details.builds.length === 0
        ? '-'
        : list(
            details.builds.map(
              (build) =>
                `${printable(build.builder)} #${build.number} (id ${build.id}, started ${ago(now - build.startedAt)})`,
            ),
            12,
          ),
    ],
    ['Claims', details.claimedRequests.length === 0 ? '-' : `request ${list(details.claimedRequests, 12)}`],
    ...(details.stuckRequests.length > 0
      ? [['Stuck', `request ${list(details.stuckRequests, 12)}`] as [string, string]]
      : []),
  ];
  return renderFields(printable(details.name), fields);
}

export function renderFields(title: string, fields: readonly (readonly [string, string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  const lines = fields.map(([name, value]) => hanging(`  ${name.padEnd(width)}  `, value));
  return [wrapped(colour.bold(title)), ...lines].join('\n');
}
