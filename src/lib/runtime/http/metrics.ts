import type { Registry as RegistryType } from 'prom-client';
import type { Master, MasterState } from '../master.js';
import type { Site } from './site.js';

interface Metric {
  readonly name: string;
  readonly help: string;
  /** `counter`: it never falls while the process lives. */
  readonly kind: 'gauge' | 'counter';
  /** Its label, if it has one; the keys of `values` are its values. */
  readonly label?: string;
  readonly values: (master: Master) => Readonly<Record<string, number>>;
}

const states: readonly MasterState[] = ['starting', 'active', 'draining', 'fenced', 'stopping', 'stopped'];
const alone = (value: number): Record<string, number> => ({ '': value });

const metrics: readonly Metric[] = [
  {
    name: 'bbctl_master_state',
    help: 'the state in which the master is (1)',
    kind: 'gauge',
    label: 'state',
    values: (master) => Object.fromEntries(states.map((state) => [state, state === master.state ? 1 : 0])),
  },
  {
    name: 'bbctl_master_trust_seconds',
    help: 'how long it may act without another heartbeat',
    kind: 'gauge',
    values: ({ membership }) => alone(Math.max(0, membership.trustLeftMs / 1000)),
  },
  {
    name: 'bbctl_master_heartbeat_age_seconds',
    help: 'since the last heartbeat that the database acknowledged',
    kind: 'gauge',
    values: ({ membership }) => alone(membership.sinceBeatMs / 1000),
  },
  {
    name: 'bbctl_master_heartbeats_total',
    help: 'heartbeats, by outcome',
    kind: 'counter',
    label: 'outcome',
    values: ({ heart }) => ({ ...heart.counts }),
  },
  {
    name: 'bbctl_master_expired_total',
    help: 'dead masters that this one has cleaned up after',
    kind: 'counter',
    values: ({ caretaker }) => alone(caretaker.expired),
  },
  {
    name: 'bbctl_services_active',
    help: 'clustered services that run on this master',
    kind: 'gauge',
    label: 'kind',
    values: ({ services }) => {
      const count = (kind: string): number => services.active.filter((service) => service.kind === kind).length;
      return { scheduler: count('scheduler'), changesource: count('changesource') };
    },
  },
  {
    name: 'process_resident_memory_bytes',
    help: 'memory of the process',
    kind: 'gauge',
    values: () => alone(process.memoryUsage.rss()),
  },
  {
    name: 'process_cpu_seconds_total',
    help: 'time of processors that the process has used',
    kind: 'counter',
    values: () => alone((process.cpuUsage().user + process.cpuUsage().system) / 1e6),
  },
];

/** What Prometheus scrapes of a master; each value is read at the scrape. */
export async function metricsOf(master: Master, _site: Site): Promise<RegistryType> {
  const { Registry, Gauge, Counter } = await import('prom-client');
  const registry = new Registry();
  registry.setDefaultLabels({ master: master.membership.name });
  for (const { name, help, kind, label, values } of metrics) {
    const labelNames = label === undefined ? [] : [label];
    new { gauge: Gauge, counter: Counter }[kind]({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [key, value] of Object.entries(values(master)))
          this.inc(label === undefined ? {} : { [label]: key }, value);
      },
    });
  }
  return registry;
}
