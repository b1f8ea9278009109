import { setTimeout as sleep } from 'node:timers/promises';
import type { DistinctQuestion } from 'inquirer';
import type { Presenter, RunStep, ShownStep } from '../gate.js';
import { Failure } from '../errors.js';
import { formatDuration } from '../model/duration.js';
import { count, printable, thousands } from '../model/names.js';
import type { Plan, Report, SecondLook, Step, StepResult } from '../operation.js';
import { isConfirmed, isTyped, refuseToAsk, runPlainly } from './presenter.js';
import type { Answers } from './presenter.js';
import { colour, isInteractive } from './terminal.js';
import { grouped, renderPlan, renderReport } from './views/change.js';

/** Shows plans and progress to a person and asks; plain lines where there is no terminal. */
export class TerminalPresenter implements Presenter {
  private readonly answers: Answers;

  constructor(answers: Answers) {
    this.answers = answers;
  }

  showPlan<S extends Step>(plan: Plan<S>, describe: (step: S) => string, options: { dryRun: boolean }): void {
    process.stdout.write(renderPlan(plan, describe, options));
  }

  async confirm<S extends Step>(plan: Plan<S>): Promise<boolean> {
    const confirmed = isConfirmed(plan, this.answers);
    if (confirmed !== null) return confirmed;
    if (!isInteractive()) throw refuseToAsk(plan);
    const { default: inquirer } = await import('inquirer');
    try {
      const { answer } = await inquirer.prompt<{ answer: boolean | string }>([question(plan)]);
      return typeof answer === 'string' ? isTyped(plan.typed ?? '', answer) : answer;
    } catch {
      // Ctrl-C at the question is a no.
      return false;
    }
  }

  async waitForSecondLook({ afterSeconds, why }: SecondLook): Promise<void> {
    const isLive = Boolean(process.stderr.isTTY);
    const say = (left: number): string => `A second look in ${formatDuration(left)}, ${why}.`;
    if (!isLive) process.stderr.write(`${say(afterSeconds)}\n`);
    const interrupted = new AbortController();
    const stop = (): void => interrupted.abort();
    process.once('SIGINT', stop);
    try {
      for (let left = afterSeconds; left > 0; left--) {
        if (isLive) process.stderr.write(`\r${colour.dim(say(left))}\u001b[K`);
        await sleep(1000, undefined, { signal: interrupted.signal });
      }
    } catch (error) {
      throw new Failure('notConfirmed', 'Nothing was changed: interrupted before the second look.', { cause: error });
    } finally {
      process.off('SIGINT', stop);
      if (isLive) process.stderr.write('\r\u001b[K');
    }
  }

  async during(title: string, work: (progress: (text: string) => void) => Promise<void>): Promise<void> {
    if (!process.stdout.isTTY) return work(() => {});
    const { Listr } = await import('listr2');
    const task = (_: unknown, shown: { title: string }): Promise<void> =>
      work((text) => void (shown.title = `${title}: ${text}`));
    await new Listr([{ title, task }], { registerSignalListeners: false }).run();
  }

  async runSteps(steps: readonly ShownStep[], run: RunStep): Promise<StepResult[]> {
    if (!process.stdout.isTTY) return runPlainly(steps, run);
    const { Listr } = await import('listr2');
    const results: StepResult[] = [];
    const tasks = grouped(steps).map(({ title, first, length }) => ({
      title,
      task: async (_: unknown, task: ShownTask) => {
        for (let index = first; index < first + length; index++) {
          const shown = length > 1 ? `${title} (${count(index - first, 'step')} of ${thousands(length)} done)` : title;
          task.title = shown;
          results.push(await run(index, (text) => void (task.title = text === '' ? shown : `${shown}: ${text}`)));
        }
        task.title = title;
        const [failure] = results.slice(first).filter((result) => result.outcome !== 'done');
        if (failure) task.skip(`${title} (${failure.outcome}${failure.detail ? `: ${failure.detail}` : ''})`);
      },
    }));
    await new Listr(tasks, {
      concurrent: false,
      registerSignalListeners: false,
      rendererOptions: { collapseSkips: false },
    }).run();
    return results;
  }

  report<S extends Step>(report: Report<S>): void {
    process.stdout.write(renderReport(report, { isLive: Boolean(process.stdout.isTTY) }));
  }
}

interface ShownTask {
  title: string;
  skip(message: string): void;
}

/** A name to type is asked for where it cannot be taken back, or may not be meant. */
function question(plan: Plan<Step>): DistinctQuestion {
  if (plan.typed !== undefined) {
    const why = plan.isFinal ? 'This cannot be taken back.' : 'This needs more than a "y".';
    return { type: 'input', name: 'answer', message: `${why} Type ${printable(plan.typed)} to do it:` };
  }
  const message = `Do ${plan.steps.length === 1 ? 'this' : `these ${count(plan.steps.length, 'step')}`}?`;
  return { type: 'confirm', name: 'answer', message, default: false };
}
