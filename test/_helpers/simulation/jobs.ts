/* What is built in the simulation: builders and steps, and what their commands do. */
import type { BuilderConfig, SchedulerConfig, StepConfig } from '../../../src/lib/model/cluster-config.js';
import type { Building, TriggerableConfig } from '../../../src/lib/runtime/builds/building.js';
import type { Random } from '../random.js';

/** What a command does, by its name. */
export type Deed = 'quick' | 'slow' | 'hangs';

const common = { haltOnFailure: true, flunkOnFailure: true, warnOnFailure: false, alwaysRun: false, timeoutMs: 600_000, maxTimeMs: null }; // prettier-ignore

function shell(command: Deed): StepConfig {
  return { ...common, kind: 'shell', name: 'shell', command, workdir: null, env: {} };
}

function trigger(scheduler: string, waitForFinish: boolean): StepConfig {
  return { ...common, kind: 'trigger', name: 'trigger', schedulers: [scheduler], waitForFinish, setProperties: {} };
}

function builder(name: string, workers: string[], steps: StepConfig[], collapseRequests = false): BuilderConfig {
  return { name, description: null, tags: [], workers, steps, properties: {}, env: {}, collapseRequests };
}

export const builders: readonly BuilderConfig[] = [
  builder('tests', ['w1', 'w2'], [shell('quick'), shell('slow')]),
  builder('merged', ['w1'], [shell('slow')], true),
  builder('parent', ['w1'], [shell('quick'), trigger('children', true), shell('quick')]),
  builder('child', ['w1', 'w2'], [shell('quick')]),
  builder('aside', ['w2'], [trigger('children-aside', false), shell('quick')]),
  builder('hanging', ['w2'], [shell('hangs')]),
];

/** Those that clients ask for. */
export const asked = ['tests', 'merged', 'merged', 'parent', 'parent', 'aside', 'hanging'];

const scheduler = { properties: {}, reason: null, codebases: { '': { repository: '', branch: null, revision: null } } };

function triggerable(name: string, of: string[]): TriggerableConfig {
  return { ...scheduler, kind: 'triggerable', name, builders: of };
}

const triggerables = [triggerable('children', ['child', 'tests']), triggerable('children-aside', ['child'])];

export const forced: Extract<SchedulerConfig, { kind: 'force' }> = { ...scheduler, kind: 'force', name: 'force', label: null, builders: [...new Set(asked)] }; // prettier-ignore

export type Slots = ReadonlyMap<string, number>;

export function someSlots(random: Random): Slots {
  return new Map([['w1', random.whole(1, 3)], ['w2', random.whole(1, 2)]]); // prettier-ignore
}

export function buildingWith(some: readonly BuilderConfig[], slots: Slots): Building {
  return {
    builders: new Map(some.map((one) => [one.name, one])),
    slots,
    triggerables: new Map(triggerables.map((one) => [one.name, one])),
    leftAlone: [],
  };
}
