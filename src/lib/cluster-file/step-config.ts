import * as v from 'valibot';
import type { StepConfig } from '../model/cluster-config.js';
import { steps } from './builder-settings.js';
import { stepSettings } from './validate.js';

/** Of `{shell: …}`, `{git: …}` or `{trigger: …}` that is valid. */
export function stepConfig(step: unknown): StepConfig {
  const [[kind, given] = []] = Object.entries(step as object) as [kind: keyof typeof steps, given: unknown][];
  const settings = stepSettings(kind ?? '', given);
  if (kind === 'git') return gitStep(settings);
  return kind === 'trigger' ? triggerStep(settings) : shellStep(settings);
}

interface Common {
  readonly name?: string | null | undefined;
  readonly haltOnFailure: boolean;
  readonly flunkOnFailure: boolean;
  readonly warnOnFailure: boolean;
  readonly alwaysRun: boolean;
  readonly timeout?: number | null | undefined;
  readonly maxTime?: number | null | undefined;
}

function common({ name, haltOnFailure, flunkOnFailure, warnOnFailure, alwaysRun, timeout, maxTime }: Common, kind: StepConfig['kind']) {
  const limits = { timeoutMs: timeout ?? null, maxTimeMs: maxTime ?? null };
  return { name: name ?? kind, haltOnFailure, flunkOnFailure, warnOnFailure, alwaysRun, ...limits };
} // prettier-ignore

function shellStep(settings: unknown): StepConfig {
  const step = v.parse(steps.shell, settings);
  const { command, workdir, env } = step;
  return { kind: 'shell', ...common(step, 'shell'), command, workdir: workdir ?? null, env };
}

function gitStep(settings: unknown): StepConfig {
  const step = v.parse(steps.git, settings);
  const { repository, branch, codebase, workdir } = step;
  return { kind: 'git', ...common(step, 'git'), repository, branch, codebase, workdir: workdir ?? null };
}

function triggerStep(settings: unknown): StepConfig {
  const step = v.parse(steps.trigger, settings);
  const { schedulers, waitForFinish, setProperties } = step;
  return { kind: 'trigger', ...common(step, 'trigger'), schedulers, waitForFinish, setProperties };
}
