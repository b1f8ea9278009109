import { resolve } from 'node:path';
import type { StepConfig } from '../../model/cluster-config.js';
import { commandSummary, stepState } from '../../model/command-words.js';
import { failure, success } from '../../model/results.js';
import type { RunStep } from '../builds/step-context.js';
import { baseEnvironment, environmentOf } from '../workers/base-environment.js';
import { interruptedResults } from './interrupted.js';
import { runCommand } from './run-command.js';

/** Where steps work if they do not say it, in the builder's folder. */
export const defaultWorkdir = 'build';

/** A command; its exit status says how it went. */
export const runShell: RunStep<StepConfig & { kind: 'shell' }> = async (config, context) => {
  const { command, workdir, timeoutMs, maxTimeMs } = config;
  const cwd = resolve(context.build.workdir, workdir ?? defaultWorkdir);
  const env = environmentOf(baseEnvironment(), context.env, config.env);
  const log = await context.openLog('stdio');
  try {
    const status = await runCommand({ command, cwd, env, timeoutMs, maxTimeMs }, context, log);
    const results = interruptedResults(context.signal) ?? (status === 0 ? success : failure);
    return { results, state: stepState(commandSummary(command), results) };
  } finally {
    await log.close();
  }
};
