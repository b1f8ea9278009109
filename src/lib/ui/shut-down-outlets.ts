import type { Emit, ShutDownEvent, ShutDownVerb } from '../drain/events.js';
import type { Presenter } from '../gate.js';
import { writeJsonLine } from './json-lines.js';
import { LiveBlock } from './live-block.js';
import { plainProgress } from './plain-progress.js';
import { wrapped } from './prose.js';
import { isDrawable } from './terminal.js';
import { describeStep, eventLine, progressBlock, renderShutDown } from './views/shut-down.js';

export interface OutletOptions {
  readonly json: boolean;
  readonly verb: ShutDownVerb;
  /** Shows the plan, as every plan is shown. */
  readonly presenter: Presenter;
}

/** Where what happens goes: a block that is drawn anew on a terminal, else lines, or one document on each line. */
export function shutDownOutlet({ json, verb, presenter }: OutletOptions): Emit {
  if (json) return writeJsonLine;
  const progress = isDrawable() ? liveProgress() : plain();
  return (event) => {
    if (event.event === 'plan') presenter.showPlan(event.plan, describeStep, { dryRun: event.dryRun });
    else if (event.event === 'progress') progress.show(event);
    else if (event.event === 'report') progress.end(renderShutDown(event.report, verb));
    else progress.tell(wrapped(eventLine(event)));
  };
}

interface Progress {
  show(event: Extract<ShutDownEvent, { event: 'progress' }>): void;
  tell(text: string): void;
  end(text: string): void;
}

function liveProgress(): Progress {
  const block = new LiveBlock();
  return {
    show: ({ masters }) => block.show(masters.flatMap(progressBlock)),
    tell: (text) => block.tell(text),
    end(text) {
      block.erase();
      process.stdout.write(text);
    },
  };
}

function plain(): Progress {
  const show = plainProgress();
  return {
    show: ({ masters }) => show(masters),
    tell: (text) => void process.stdout.write(`${text}\n`),
    end: (text) => void process.stdout.write(text),
  };
}
