import { setTimeout as sleep } from 'node:timers/promises';
import type { Presenter } from '../change.js';
import { Failure } from '../errors.js';
import { formatDuration } from '../model/duration.js';
import { count } from '../model/names.js';
import type { Plan, Report, SecondLook, Step, StepResult } from '../operation.js';
import { needsYes, runPlainly } from './presenter.js';
import { colour, isInteractive } from './terminal.js';
import { renderPlan, renderReport } from './views/change.js';

/** Shows plans and progress to a person and asks; plain lines where there is no terminal. */
export class TerminalPresenter implements Presenter {
  private readonly yes: boolean;

  constructor(yes: boolean) {
    this.yes = yes;
  }

  showPlan<S extends Step>(plan: Plan<S>, describe: (step: S) => string, options: { dryRun: boolean }): void {
    process.stdout.write(renderPlan(plan, describe, options));
  }

  async confirm<S extends Step>(plan: Plan<S>): Promise<boolean> {
    if (this.yes) return true;
    if (!isInteractive()) throw needsYes();
    const { default: inquirer } = await import('inquirer');
    const message = `Do ${plan.steps.length === 1 ? 'this' : `these ${count(plan.steps.length, 'step')}`}?`;
    try {
      const { isMeant } = await inquirer.prompt<{ isMeant: boolean }>([
        { type: 'confirm', name: 'isMeant', message, default: false },
      ]);
      return isMeant;
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

  async runSteps(titles: readonly string[], run: (index: number) => Promise<StepResult>): Promise<StepResult[]> {
    if (!process.stdout.isTTY) return runPlainly(titles, run);
    const { Listr } = await import('listr2');
    const results: StepResult[] = [];
    const tasks = titles.map((title, index) => ({
      title,
      task: async (_: unknown, task: { title: string; skip: (message: string) => void }) => {
        const result = await run(index);
        results.push(result);
        if (result.outcome !== 'done')
          task.skip(`${title} (${result.outcome}${result.detail ? `: ${result.detail}` : ''})`);
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
