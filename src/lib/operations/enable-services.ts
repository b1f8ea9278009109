/* One row, one column: `schedulers.enabled`. Doing it twice does nothing the second time. */
import type { Cluster } from '../model/cluster.js';
import { masterOf } from '../model/cluster.js';
import { findNamed } from '../model/find.js';
import { isLiving } from '../model/master.js';
import { count, printable } from '../model/names.js';
import type { Service } from '../model/service.js';
import { setEnabled } from '../db/services.js';
import { readCluster } from '../db/snapshot.js';
import { Failure } from '../errors.js';
import type { Operation, Plan, Step } from '../operation.js';

export interface EnableServicesInput {
  readonly services: readonly string[];
  readonly enabled: boolean;
}

export interface EnableServiceStep extends Step {
  readonly kind: 'enable service';
  readonly scheduler: { readonly id: number; readonly name: string };
  readonly enabled: boolean;
}

export function enableServices(input: EnableServicesInput): Operation<Cluster, EnableServiceStep> {
  const verb = input.enabled ? 'enable' : 'disable';
  return {
    name: `services ${verb}`,
    tables: ['schedulers'],
    read: (database) => readCluster(database),
    plan: (cluster) => planEnable(cluster, input),
    describe: (step) => `${verb} scheduler ${printable(step.scheduler.name)}`,
    work: (tx, step) => setEnabled(tx, step.scheduler.id, step.enabled),
    advise: (cluster, done) => advise(cluster, done),
  };
}

export function planEnable(cluster: Cluster, { services, enabled }: EnableServicesInput): Plan<EnableServiceStep> {
  const named = [...new Set(services.flatMap((name) => findNamed(cluster.services, name, 'service')))];
  for (const service of named) verifyHasSwitch(service);
  const chosen = named.filter((service) => service.enabled !== enabled);
  return {
    title: `${enabled ? 'Enable' : 'Disable'} ${count(chosen.length, 'scheduler')}`,
    steps: chosen.map(({ id, name }) => ({
      kind: 'enable service',
      subject: `scheduler ${id}`,
      scheduler: { id, name },
      enabled,
    })),
    notes: named
      .filter((service) => service.enabled === enabled)
      .map((service) => `Scheduler ${printable(service.name)} is already ${enabled ? 'enabled' : 'disabled'}.`),
    warnings: [],
    blockers: [],
    secondLook: null,
  };
}

function verifyHasSwitch(service: Service): void {
  if (service.kind === 'changesource') {
    throw new Failure(
      'usage',
      `${printable(service.name)} is a change source: Buildbot can switch only schedulers off.`,
      { try: 'Remove it from the configuration instead.' },
    );
  }
  if (service.enabled === null) {
    throw new Failure(
      'schema',
      `Scheduler ${printable(service.name)} has no switch: this Buildbot is older than 0.9.11.`,
      { try: 'Remove it from the configuration instead.' },
    );
  }
}

function advise(cluster: Cluster, done: readonly EnableServiceStep[]): string[] {
  const holders = done.flatMap(({ scheduler }) => {
    const service = cluster.services.find(({ kind, id }) => kind === 'scheduler' && id === scheduler.id);
    const holder = masterOf(cluster, service?.holderId ?? null);
    return holder && isLiving(holder) ? [holder] : [];
  });
  const names = (own: boolean): string =>
    [...new Set(holders.filter(({ run }) => (run !== null) === own).map(({ name }) => printable(name)))].join(', ');
  const [ours, others] = [names(true), names(false)];
  return [
    ...(ours ? [`Done by ${ours} at its next look, in seconds.`] : []),
    ...(others
      ? [
          `A scheduler that runs hears of it only over the message queue: ${others} acts on it when the scheduler is activated again, at a restart of that master.`,
        ]
      : []),
  ];
}
