import type { Registry as RegistryType } from 'prom-client';
import type { BuilderQueue } from '../../db/queues.js';
import { systemClock } from '../clock.js';
import type { Master, MasterState } from '../master.js';
import { claimLatency } from './claim-latency.js';
import { QueueLook } from './queue-look.js';
import type { Site } from './site.js';

interface Metric {
  readonly name: string;
  readonly help: string;
  /** `counter`: it never falls while the process lives. */
  readonly kind: 'gauge' | 'counter';
  /** Its label, if it has one; the keys of `values` are its values. */
  readonly label?: string;
  readonly values: (master: Master, queues: readonly BuilderQueue[] | null) => Readonly<Record<string, number>>;
}

const states: readonly MasterState[] = ['starting', 'active', 'draining', 'fenced', 'stopping', 'stopped'];
const alone = (value: number): Record<string, number> => ({ '': value });
/** Each name makes a series, which Prometheus keeps. */
const mostBuilders = 100;

/** Of a look that failed there is no value. */
function ofQueues(value: (queues: readonly BuilderQueue[]) => number): Metric['values'] {
  return (_master, queues) => (queues ? alone(value(queues)) : {});
}

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
    name: 'bbctl_builds_running',
    help: 'builds that run on this master',
    kind: 'gauge',
    values: ({ running }) => alone(running.length),
  },
  {
    name: 'bbctl_builds_finished_total',
    help: 'builds that have ended on this master, by result',
    kind: 'counter',
    label: 'result',
    values: ({ builds }) => ({ ...builds.counts.byResult }),
  },
  {
    name: 'bbctl_requests_pending',
    help: 'requests of the whole cluster that nobody has claimed',
    kind: 'gauge',
    values: ofQueues((queues) => queues.reduce((sum, { length }) => sum + length, 0)),
  },
  {
    name: 'bbctl_requests_oldest_pending_seconds',
    help: 'how long the oldest of them has waited; 0 where none does',
    kind: 'gauge',
    values: ofQueues((queues) => Math.max(0, ...queues.map(({ oldestSeconds }) => oldestSeconds))),
  },
  {
    name: 'bbctl_builder_requests_pending',
    help: `requests that nobody has claimed, of the ${mostBuilders} builders with the longest queues`,
    kind: 'gauge',
    label: 'builder',
    values: (_master, queues) =>
      Object.fromEntries((queues ?? []).slice(0, mostBuilders).map(({ builder, length }) => [builder, length])),
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
export async function metricsOf(master: Master, { reading }: Pick<Site, 'reading'>): Promise<RegistryType> {
  const { Registry, Gauge, Counter } = await import('prom-client');
  const registry = new Registry();
  const look = new QueueLook(reading, systemClock);
  registry.setDefaultLabels({ master: master.membership.name });
  registry.registerMetric(await claimLatency(master));
  for (const { name, help, kind, label, values } of metrics) {
    const labelNames = label === undefined ? [] : [label];
    new { gauge: Gauge, counter: Counter }[kind]({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const queues = await look.read();
        this.reset();
        for (const [key, value] of Object.entries(values(master, queues)))
          this.inc(label === undefined ? {} : { [label]: key }, value);
      },
    });
  }
  return registry;
}
