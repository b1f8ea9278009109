import { mkdir } from 'node:fs/promises';
import type { StepConfig } from '../../model/cluster-config.js';
import { runGit } from '../steps/git.js';
import { runShell } from '../steps/shell.js';
import { killLeftovers } from '../workers/leftovers.js';
import type { RunStep } from './step-context.js';

/** Of the steps those that run commands. */
export type CommandStep = Exclude<StepConfig, { kind: 'trigger' }>;

/** Where local workers run commands. */
export interface Machine {
  readonly runStep: RunStep<CommandStep>;
  /** Ends what masters that live no more have left running in this directory; returns how many processes that were. */
  killLeftovers(workDir: string): Promise<number>;
}

export const thisMachine: Machine = {
  async runStep(config, context) {
    await mkdir(context.build.workdir, { recursive: true });
    return config.kind === 'shell' ? runShell(config, context) : runGit(config, context);
  },
  killLeftovers,
};
