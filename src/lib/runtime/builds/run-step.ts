import type { StepConfig } from '../../model/cluster-config.js';
import { runGit } from '../steps/git.js';
import { runShell } from '../steps/shell.js';
import type { StartedBuild } from './start-builds.js';
import type { RunStep } from './step-context.js';
import { runTrigger } from './trigger-step.js';
import type { TriggerGround } from './trigger-step.js';

/** How the steps of a build are run, by their kind. */
export function runStepOf(ground: TriggerGround, started: StartedBuild): RunStep<StepConfig> {
  return (config, context) => {
    switch (config.kind) {
      case 'shell':
        return runShell(config, context);
      case 'git':
        return runGit(config, context);
      case 'trigger':
        return runTrigger(config, context, ground, started);
    }
  };
}
