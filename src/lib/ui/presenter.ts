import { setTimeout as sleep } from 'node:timers/promises';
import type { Presenter, RunStep, ShownStep } from '../gate.js';
import { Failure } from '../errors.js';
import { printable, shellWord } from '../model/names.js';
import type { Plan, Step, StepResult } from '../operation.js';

/** What was said in advance. */
export interface Answers {
  readonly yes: boolean;
  /** For a plan that wants something typed. */
  readonly typed: string | null;
}

export async function presenterFor({ json, ...answers }: Answers & { json: boolean }): Promise<Presenter> {
  if (json) return mute(answers);
  const { TerminalPresenter } = await import('./terminal-presenter.js');
  return new TerminalPresenter(answers);
}

export async function runPlainly(steps: readonly ShownStep[], run: RunStep): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const index of steps.keys()) results.push(await run(index, () => {}));
  return results;
}

export function needsYes(): Failure {
  return new Failure('notConfirmed', 'Nothing was changed: there is no terminal to ask on.', {
    try: 'Look at the plan with --dry-run, then use --yes.',
  });
}

/** Is the plan confirmed by what was said in advance? `null`: it must be asked. */
export function isConfirmed({ typed: wanted }: Plan<Step>, { yes, typed }: Answers): boolean | null {
  if (wanted === undefined) return yes ? true : null;
  return typed === null ? null : isTyped(wanted, typed);
}

/** As it is, or as it is shown: a name may have characters in it that nobody can type. */
export function isTyped(wanted: string, answer: string): boolean {
  return answer === wanted || answer === printable(wanted);
}

/** Nobody can be asked. */
export function refuseToAsk({ typed, isFinal }: Plan<Step>): Failure {
  if (typed === undefined) return needsYes();
  const why = isFinal ? 'this cannot be taken back' : 'this needs a name to be typed';
  return new Failure('notConfirmed', `Nothing was changed: ${why}, and there is no terminal to ask on.`, {
    try: `Look at the plan with --dry-run, then use --confirm=${shellWord(typed)}.`,
  }); // prettier-ignore
}

function mute(answers: Answers): Presenter {
  return {
    showPlan: () => {},
    confirm: (plan) => {
      const confirmed = isConfirmed(plan, answers);
      return confirmed === null ? Promise.reject(refuseToAsk(plan)) : Promise.resolve(confirmed);
    },
    during: (_title, work) => work(() => {}),
    waitForSecondLook: async ({ afterSeconds }) => sleep(afterSeconds * 1000),
    runSteps: (steps, run) => runPlainly(steps, run),
    report: () => {},
  };
}
