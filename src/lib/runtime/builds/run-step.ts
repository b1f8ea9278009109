import type { StepConfig } from '../../model/cluster-config.js';
import type { Machine } from './machine.js';
import type { StartedBuild } from './start-builds.js';
import type { RunStep } from './step-context.js';
import { runTrigger } from './trigger-step.js';
import type { TriggerGround } from './trigger-step.js';

/** How the steps of a build are run, by their kind. */
export function runStepOf(machine: Machine, ground: TriggerGround, started: StartedBuild): RunStep<StepConfig> {
  return (config, context) =>
    config.kind === 'trigger' ? runTrigger(config, context, ground, started) : machine.runStep(config, context);
}
