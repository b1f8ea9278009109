import type { Emit, ShutDownEvent, ShutDownVerb } from '../drain/events.js';
import type { Presenter } from '../gate.js';
import { printableJson } from '../model/names.js';
import { LiveBlock } from './live-block.js';
import { wrapped } from './prose.js';
import {
  describeStep,
  eventLine,
  progressBlock,
  progressKey,
  progressLine,
  renderShutDown,
} from './views/shut-down.js';

export interface OutletOptions {
  readonly json: boolean;
  readonly verb: ShutDownVerb;
  /** Shows the plan, as every plan is shown. */
  readonly presenter: Presenter;
}

/** Where what happens goes: a block that is drawn anew on a terminal, else lines, or one document on each line. */
export function shutDownOutlet({ json, verb, presenter }: OutletOptions): Emit {
  if (json) return (event) => void process.stdout.write(`${printableJson(JSON.stringify(event))}\n`);
  const isLive = process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  const progress = isLive ? liveProgress() : plainProgress();
  return (event) => {
    if (event.event === 'plan') presenter.showPlan(event.plan, describeStep, { dryRun: event.dryRun });
    else if (event.event === 'progress') progress.show(event);
    else if (event.event === 'report') progress.end(renderShutDown(event.report, verb));
    else progress.tell(wrapped(eventLine(event) ?? ''));
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

/** A line for each master of which something has changed. */
function plainProgress(): Progress {
  const shown = new Map<number, string>();
  return {
    show({ masters }) {
      for (const left of masters) {
        const key = progressKey(left);
        if (shown.get(left.id) !== key) process.stdout.write(`${progressLine(left)}\n`);
        shown.set(left.id, key);
      }
    },
    tell: (text) => void process.stdout.write(`${text}\n`),
    end: (text) => void process.stdout.write(text),
  };
}
