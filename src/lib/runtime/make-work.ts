import type { ChangeSourceConfig, ClusterConfig, MasterConfig, SchedulerConfig } from '../model/cluster-config.js';
import { assignmentOf } from '../model/assignment.js';
import type { Work } from './master.js';
import { buildingOf } from './builds/building.js';
import { classNames } from './schedulers/classes.js';
import { makeScheduler } from './schedulers/scheduler.js';
import type { ClusteredService } from './service.js';
import { GitPoller } from './sources/git-poller.js';

/** Buildbot registers services under the full names of their classes. */
const modules: Readonly<Record<SchedulerConfig['kind'], string>> = {
  'any-branch': 'buildbot.schedulers.basic',
  'single-branch': 'buildbot.schedulers.basic',
  periodic: 'buildbot.schedulers.timed',
  nightly: 'buildbot.schedulers.timed',
  force: 'buildbot.schedulers.forcesched',
  triggerable: 'buildbot.schedulers.triggerable',
};
const pollerClass = 'buildbot.changes.gitpoller.GitPoller';

/** Makes the services of a configuration; what has not changed since the last one goes on as it is. */
export class Workshop {
  private readonly workDir: string;
  private made = new Map<string, ClusteredService>();

  /** `workDir`: where the repositories that are polled have their copies. */
  constructor(workDir: string) {
    this.workDir = workDir;
  }

  /** What a master is to do by its section, and its roles. */
  make(config: ClusterConfig, section: MasterConfig): Work {
    const { schedulers, changeSources, builders } = assignmentOf(config, section);
    const services = [
      ...schedulers.map((one) => this.kept(one, () => makeScheduler(one))),
      ...changeSources.map((one) => this.kept(one, () => new GitPoller(one, { workDir: this.workDir }))),
    ].filter((service) => service !== null);
    this.made = new Map([...this.made].filter(([, service]) => services.includes(service)));
    const building = buildingOf(config, section);
    const registration = {
      builders,
      services: registered(schedulers, changeSources),
      connected: [...building.slots.keys()],
    };
    return { registration, services, building };
  }

  private kept(
    config: SchedulerConfig | ChangeSourceConfig,
    make: () => ClusteredService | null,
  ): ClusteredService | null {
    const text = JSON.stringify(config);
    const service = this.made.get(text) ?? make();
    if (service) this.made.set(text, service);
    return service;
  }
}

function registered(
  schedulers: readonly SchedulerConfig[],
  changeSources: readonly ChangeSourceConfig[],
): Work['registration']['services'] {
  return [
    ...schedulers.map(({ kind, name }) => ({
      kind: 'scheduler' as const,
      name,
      className: `${modules[kind]}.${classNames[kind]}`,
    })),
    ...changeSources.map(({ name }) => ({ kind: 'changesource' as const, name, className: pollerClass })),
  ];
}
