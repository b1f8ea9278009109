import type { Address, ClusterConfig, MasterConfig, Role, SchedulerConfig } from './cluster-config.js';
import { count, list } from './names.js';

/** What is allowed, and is probably not meant: a sentence for each. */
export function clusterWarnings(config: ClusterConfig): string[] {
  return rules.flatMap((rule) => rule(config)).filter((warning) => warning !== false);
}

type Rule = (config: ClusterConfig) => readonly (string | false)[];

const rules: readonly Rule[] = [
  oneMaster,
  noDatabase,
  oneMachine,
  withoutRole,
  withoutPort,
  sameAddress,
  unusedWorkers,
  unscheduledBuilders,
  noChanges,
  untriggered,
  namesByCase,
  nobodyElse,
];

function quoted(names: readonly string[]): string {
  return list(names.map((name) => `"${name}"`));
}

function oneMaster({ masters, elsewhere }: ClusterConfig) {
  return [
    masters.length + elsewhere.masters.length === 1 && 'There is one master: while it is down, nobody takes over.',
  ];
}

function noDatabase({ database }: ClusterConfig) {
  return [database === null && 'There is no "database": every command needs --db, BBCTL_DB or a context.'];
}

/** `host1` of `host1:/srv/bb/blue`. */
function machineOf({ name }: MasterConfig): string {
  return name === null ? '' : name.replace(/:.*$/s, '');
}

function oneMachine({ database, masters }: ClusterConfig) {
  const machines = new Set(masters.filter(({ name }) => name !== null).map(machineOf));
  return [
    Boolean(database?.startsWith('sqlite')) && machines.size > 1 && 'The database is SQLite, which serves one machine; by their names the masters are on several.',
  ];
} // prettier-ignore

/** Force schedulers run where the web role is, and nowhere else. */
export function roleOf({ kind }: SchedulerConfig): Role {
  return kind === 'force' ? 'web' : 'schedulers';
}

function withoutRole({ masters, schedulers, changeSources, builders, elsewhere }: ClusterConfig) {
  const has = (role: Role): boolean => masters.some(({ roles }) => roles.has(role));
  const nobody = (role: Role, names: readonly string[]) => !has(role) && names.length > 0 && `No master has the role ${role}: nobody runs ${quoted(names)}.`;
  const named = (role: Role) => schedulers.filter((one) => roleOf(one) === role).map(({ name }) => name);
  const building = builders.map(({ name }) => name);
  return [
    nobody('schedulers', [...named('schedulers'), ...changeSources.map(({ name }) => name)]),
    nobody('web', named('web')),
    nobody('builders', building),
    has('builders') && building.length === 0 && elsewhere.builders.length === 0 && 'There are no builders.',
  ];
} // prettier-ignore

function withoutPort({ masters, workers, tokenFile }: ClusterConfig) {
  const remote = workers.filter(({ kind }) => kind === 'remote').map(({ name }) => name);
  const deaf = masters.filter(({ listen, roles }) => listen === null && roles.has('web')).map(({ key }) => key);
  const isReachable = masters.some(({ workerListen, roles }) => workerListen !== null && roles.has('builders'));
  const isListening = masters.some(({ listen }) => listen !== null);
  return [
    deaf.length > 0 && `Without "listen" there is no REST, no status page and no metrics: ${quoted(deaf)}.`,
    isListening && tokenFile === null && 'There is no "tokenFile": nobody can drain, stop or force over REST.',
    remote.length > 0 && !isReachable && `No master that builds has "workerListen": ${quoted(remote)} cannot connect.`,
  ];
}

function sameAddress({ masters }: ClusterConfig): string[] {
  const taken = new Map<string, string>();
  return masters.flatMap((master) =>
    [master.listen, master.workerListen].flatMap((address) => {
      if (address === null || address.port === 0) return [];
      const place = `${machineOf(master)} ${addressText(address)}`;
      const first = taken.get(place);
      taken.set(place, first ?? master.key);
      return first === undefined || first === master.key ? [] : [`"${first}" and "${master.key}" both listen on ${addressText(address)}: on one machine the second cannot start.`];
    }),
  );
} // prettier-ignore

/** `[::1]:8010` */
export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function unusedWorkers({ workers, builders }: ClusterConfig) {
  const used = new Set(builders.flatMap((builder) => builder.workers));
  const unused = workers.map(({ name }) => name).filter((name) => !used.has(name));
  return [unused.length > 0 && `No builder uses ${count(unused.length, 'worker')}: ${quoted(unused)}.`];
}

function unscheduledBuilders({ schedulers, builders, elsewhere }: ClusterConfig) {
  const scheduled = new Set(schedulers.flatMap((scheduler) => scheduler.builders));
  const idle = builders.map(({ name }) => name).filter((name) => !scheduled.has(name));
  const others = elsewhere.schedulers.length > 0 ? ' of this file that bbctl runs' : '';
  return [idle.length > 0 && `No scheduler${others} starts ${count(idle.length, 'builder')}: ${quoted(idle)}.`];
}

function noChanges({ schedulers, changeSources, elsewhere }: ClusterConfig) {
  const waiting = schedulers.filter(({ kind }) => kind === 'any-branch' || kind === 'single-branch').map(({ name }) => name); // prettier-ignore
  const isFed = changeSources.length + elsewhere.changeSources.length > 0;
  return [waiting.length > 0 && !isFed && `There is no change source: ${quoted(waiting)} will wait for ever.`];
}

function untriggered({ schedulers, builders }: ClusterConfig) {
  const steps = builders.flatMap((builder) => builder.steps);
  const triggered = new Set(steps.flatMap((step) => (step.kind === 'trigger' ? step.schedulers : [])));
  const idle = schedulers.filter(({ kind, name }) => kind === 'triggerable' && !triggered.has(name)).map(({ name }) => name); // prettier-ignore
  return [idle.length > 0 && `No step triggers ${quoted(idle)}.`];
}

/** MySQL compares names of workers, and of what schedulers remember, without their case. */
function namesByCase({ workers, schedulers, changeSources }: ClusterConfig) {
  return [workers, schedulers, changeSources].flatMap((things) => {
    const byCase = new Map<string, string>();
    return things.flatMap(({ name }) => {
      const first = byCase.get(name.toLowerCase());
      byCase.set(name.toLowerCase(), first ?? name);
      return first === undefined ? [] : [`"${first}" and "${name}" differ in case only: on MySQL they are one.`];
    });
  });
}

function nobodyElse({ elsewhere }: ClusterConfig) {
  const { masters, ...things } = elsewhere;
  const names = Object.values(things).flat();
  return [
    masters.length === 0 && names.length > 0 && `They have no settings, so that they are for Buildbot masters, and the file names none: ${quoted(names)}.`,
  ];
} // prettier-ignore
