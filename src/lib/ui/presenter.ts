import { setTimeout as sleep } from 'node:timers/promises';
import type { Presenter } from '../change.js';
import { Failure } from '../errors.js';
import { formatDuration } from '../model/duration.js';
import { count } from '../model/names.js';
import type { Plan, Report, SecondLook, Step, StepResult } from '../operation.js';
import { renderPlan, renderReport } from './views/change.js';
import { colour, isInteractive } from './terminal.js';

export function presenterFor({ json, yes }: { json: boolean; yes: boolean }): Presenter {
  return json ? mute(yes) : new TerminalPresenter(yes);
}

async function runPlainly(
  titles: readonly string[],
  run: (index: number) => Promise<StepResult>,
  before: (title: string) => void,
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  for (const [index, title] of titles.entries()) {
    before(title);
    results.push(await run(index));
  }
  return results;
}

function needsYes(): Failure {
  return new Failure('notConfirmed', 'Nothing was changed: there is no terminal to ask on.', {
    try: 'Look at the plan with --dry-run, then use --yes.',
  });
}

function mute(yes: boolean): Presenter {
  return {
    showPlan: () => {},
    confirm: () => (yes ? Promise.resolve(true) : Promise.reject(needsYes())),
    waitForSecondLook: async ({ afterSeconds }, signal) => sleep(afterSeconds * 1000, undefined, { signal }),
    runSteps: (titles, run) => runPlainly(titles, run, () => {}),
    report: () => {},
  };
}

class TerminalPresenter implements Presenter {
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

  async waitForSecondLook({ afterSeconds, why }: SecondLook, signal: AbortSignal): Promise<void> {
    const isLive = Boolean(process.stderr.isTTY);
    if (!isLive) process.stderr.write(`A second look in ${formatDuration(afterSeconds)}, ${why}.\n`);
    for (let left = afterSeconds; left > 0; left--) {
      if (isLive)
        process.stderr.write(
          `\r${colour.dim(`A second look in ${formatDuration(left)}, ${why}. Ctrl-C stops here.`)}\u001b[K`,
        );
      await sleep(1000, undefined, { signal }).catch(() => {
        throw new Failure('notConfirmed', 'Nothing was changed: interrupted before the second look.');
      });
    }
    if (isLive) process.stderr.write('\r\u001b[K');
  }

  async runSteps(titles: readonly string[], run: (index: number) => Promise<StepResult>): Promise<StepResult[]> {
    if (!process.stdout.isTTY) return runPlainly(titles, run, () => {});
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
