import type { Controlled } from '../../src/lib/control/master-control.js';
import { targetsOf } from '../../src/lib/drain/targets.js';
import type { Facts } from '../../src/lib/model/cluster.js';
import type { DrainFacts } from '../../src/lib/model/drain.js';
import type { Control, ControlVerb, MasterEntry } from '../../src/lib/model/inventory.js';
import type { MasterFacts } from '../../src/lib/model/master.js';
import type { Plan } from '../../src/lib/operation.js';
import type { Configuration, Newcomer } from '../../src/lib/upgrade/newcomer.js';
import { planUpgrade, type UpgradeInput, type UpgradeStep } from '../../src/lib/upgrade/plan-upgrade.js';
import { clusterWith, everything, masterFacts, ownMaster, service, worker } from './facts.js';

const exec: Control = { exec: ['ctl', 'secret'] };
/** All that an upgrade may need. */
export const controls: Partial<Record<ControlVerb, Control>> = { start: exec, drain: exec, stop: exec, kill: exec };

/** What is written of a master in the cluster.yaml of these tests. */
export function entry(key: string, settings: Partial<MasterEntry> = {}): MasterEntry {
  return { key, name: `host:/srv/${key}`, kind: 'buildbot', listen: null, control: controls, ...settings };
}

/** What old masters of these tests have: two services, a builder, a worker. */
export const whole: Configuration = {
  builders: new Map([['tests', ['w']]]),
  workers: new Set(['w']),
  schedulers: new Set(['nightly']),
  changeSources: new Set(['repo']),
};

/** A new Buildbot master with the whole configuration that fits the schema and never ran, but for what is said otherwise. */
export function newcomer(key: string, settings: Partial<Newcomer> = {}): Newcomer {
  const name = `host:/srv/${key}`;
  const controlled: Controlled = { id: 0, key, kind: settings.kind ?? 'buildbot', control: controls, file: '/c/cluster.yaml', tokenFile: null };
  return { name, key, kind: 'buildbot', controlled, master: null, configuration: whole, version: '3.7.0', ...settings };
} // prettier-ignore

/** One of bbctl's own. */
export function ownNewcomer(key: string, settings: Partial<Newcomer> = {}): Newcomer {
  return newcomer(key, { kind: 'bbctl', version: '2.10 to 4.3', ...settings });
}

export const old = masterFacts({ id: 1, name: 'host:/srv/old', has: { schedulers: [1], changeSources: [1], connectedWorkers: [1] } }); // prettier-ignore
export const ownOld = ownMaster({ id: 1, name: 'host:/srv/old' });

/** The old master has everything; but for what is said otherwise there is no other. */
export function facts(cluster: Partial<Facts> = {}, more: Partial<DrainFacts> = {}): DrainFacts {
  const services = [service({ holderId: 1 }), service({ kind: 'changesource', name: 'repo', holderId: 1 })];
  const everyThing = { masters: [old], services, builders: [{ id: 1, name: 'tests', masterIds: [1] }], workers: [worker()] };
  return { cluster: clusterWith({ ...everyThing, ...cluster }), steps: new Map(), durations: new Map(), awaited: [], ...more };
} // prettier-ignore

export interface Asked extends Partial<Omit<UpgradeInput, 'old'>> {
  /** Keys of the old masters. */
  old?: readonly string[];
  entries?: readonly MasterEntry[];
}

/** The plan of an upgrade from `old` to the new master `new`, but for what is said otherwise. */
export function plan(asked: Asked = {}): Plan<UpgradeStep> {
  const { old: keys = ['old'], entries = [entry('old')], facts: seen = facts(), ...input } = asked;
  const inventory = everything({ masters: entries });
  const start = [newcomer('new')];
  return planUpgrade({
    facts: seen,
    old: targetsOf(keys, seen, inventory),
    start,
    oneByOne: false,
    onDeadline: 'fail',
    force: false,
    presence: new Map(),
    notWritable: null,
    ...input,
  });
}

export function blockersOf(asked: Asked): string[] {
  return plan(asked).blockers.map((blocker) => `${blocker.message} | ${blocker.try}${blocker.override ? ` | ${blocker.override}` : ''}`); // prettier-ignore
}

/** Another master, whose heart beats. */
export function another(settings: Parameters<typeof masterFacts>[0] = {}): MasterFacts {
  return masterFacts({ id: 2, name: 'host:/srv/other', ...settings });
}
