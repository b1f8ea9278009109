import type { StepConfig } from '../../model/cluster-config.js';
import { runGit } from '../steps/git.js';
import { runShell } from '../steps/shell.js';
import type { BuildGround } from './build.js';
import type { StartedBuild } from './start-builds.js';
import type { RunStep } from './step-context.js';

/** How the steps of a build are run, by their kind. */
export function runStepOf(_ground: BuildGround, _started: StartedBuild): RunStep<StepConfig> {
  return (config, context) => {
    switch (config.kind) {
      case 'shell':
        return runShell(config, context);
      case 'git':
        return runGit(config, context);
      default:
        throw new Error(`cannot run ${config.kind} steps`);
    }
  };
}
