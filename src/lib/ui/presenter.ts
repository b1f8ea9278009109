import { setTimeout as sleep } from 'node:timers/promises';
import type { Presenter } from '../change.js';
import { Failure } from '../errors.js';
import type { StepResult } from '../operation.js';

export async function presenterFor({ json, yes }: { json: boolean; yes: boolean }): Promise<Presenter> {
  if (json) return mute(yes);
  const { TerminalPresenter } = await import('./terminal-presenter.js');
  return new TerminalPresenter(yes);
}

export async function runPlainly(
  titles: readonly string[],
  run: (index: number) => Promise<StepResult>,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const index of titles.keys()) results.push(await run(index));
  return results;
}

export function needsYes(): Failure {
  return new Failure('notConfirmed', 'Nothing was changed: there is no terminal to ask on.', {
    try: 'Look at the plan with --dry-run, then use --yes.',
  });
}

function mute(yes: boolean): Presenter {
  return {
    showPlan: () => {},
    confirm: () => (yes ? Promise.resolve(true) : Promise.reject(needsYes())),
    waitForSecondLook: async ({ afterSeconds }) => sleep(afterSeconds * 1000),
    runSteps: (titles, run) => runPlainly(titles, run),
    report: () => {},
  };
}
