import type { Gauge as GaugeType, Registry as RegistryType } from 'prom-client';
import type { Master, MasterState } from '../master.js';

const states: readonly MasterState[] = ['starting', 'active', 'fenced', 'stopping', 'stopped'];

/** What Prometheus scrapes of a master; each is read at the scrape. */
export async function metricsOf(master: Master): Promise<RegistryType> {
  const { Registry, Gauge, collectDefaultMetrics } = await import('prom-client');
  const registry = new Registry();
  registry.setDefaultLabels({ master: master.membership.name });
  collectDefaultMetrics({ register: registry });
  const gauge = <L extends string>(name: string, help: string, collect: (gauge: GaugeType<L>) => void, labelNames: L[] = []): unknown =>
    new Gauge({ name, help, labelNames, registers: [registry], collect() { collect(this); } }); // prettier-ignore
  gauge('bbctl_master_state', 'the state in which the master is (1)', (one) => states.forEach((state) => one.set({ state }, state === master.state ? 1 : 0)), ['state']); // prettier-ignore
  gauge('bbctl_master_trust_seconds', 'how long it may act without another heartbeat', (one) => one.set(Math.max(0, master.membership.trustLeftMs / 1000))); // prettier-ignore
  gauge('bbctl_master_heartbeat_age_seconds', 'since the last heartbeat that the database acknowledged', (one) => one.set(master.membership.sinceBeatMs / 1000)); // prettier-ignore
  gauge('bbctl_master_heartbeats', 'heartbeats since the start of the process, by outcome', (one) => {
    for (const outcome of ['done', 'failed'] as const) one.set({ outcome }, master.counts.heartbeats[outcome]);
  }, ['outcome']); // prettier-ignore
  gauge('bbctl_master_expired', 'masters that this one has cleaned up after', (one) => one.set(master.counts.expired));
  gauge('bbctl_services_active', 'clustered services that run on this master', (one) => {
    for (const kind of ['scheduler', 'changesource'] as const) one.set({ kind }, master.services.active.filter((service) => service.kind === kind).length);
  }, ['kind']); // prettier-ignore
  return registry;
}
