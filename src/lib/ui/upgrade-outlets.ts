import type { Presenter } from '../gate.js';
import type { EmitUpgrade, UpgradeEvent } from '../upgrade/events.js';
import { writeJsonLine } from './json-lines.js';
import type { LiveEvent } from './live-upgrade.js';
import { plainProgress } from './plain-progress.js';
import { isDrawable } from './terminal.js';
import { renderUpgrade, stepLine } from './views/upgrade.js';
import { upgradeEventLine } from './views/upgrade-events.js';
import type { ToldUpgradeEvent } from './views/upgrade-events.js';
import { wrapped } from './prose.js';

export interface UpgradeOutlet {
  readonly emit: EmitUpgrade;
  /** Returns when all is shown, also where the report never came; until then the terminal is not everybody's. */
  readonly end: () => Promise<void>;
}

/** Where what happens in an upgrade goes: tasks on a terminal, else lines, or one document on each line. */
export function upgradeOutlet({ json, presenter }: { json: boolean; presenter: Presenter }): UpgradeOutlet {
  if (json) return { emit: writeJsonLine, end: () => Promise.resolve() };
  // One that does not know its width cannot be drawn on by listr2.
  const { emit, end } = isDrawable() && process.stdout.columns > 0 ? liveOutlet() : plainOutlet();
  const showPlan = ({ plan, dryRun }: Extract<UpgradeEvent, { event: 'plan' }>): void =>
    presenter.showPlan(plan, stepLine(plan), { dryRun });
  return { emit: (event) => (event.event === 'plan' ? showPlan(event) : emit(event)), end };
}

interface EventOutlet {
  readonly emit: (event: LiveEvent) => void;
  readonly end: () => Promise<void>;
}

/** A line for each thing that happened; what is said again by looking again is not. */
function plainOutlet(): EventOutlet {
  const progress = plainProgress();
  const said = new Map<string, string>();
  const isNew = (event: ToldUpgradeEvent, line: string): boolean => {
    if (event.event !== 'arriving' && event.event !== 'unheld') return true;
    const about = event.event === 'arriving' ? `master ${event.master}` : 'services';
    const before = said.get(about);
    said.set(about, line);
    return before !== line;
  };
  const tell = (event: ToldUpgradeEvent): void => {
    const line = upgradeEventLine(event);
    if (isNew(event, line)) process.stdout.write(`${wrapped(line)}\n`);
  };
  const emit = (event: LiveEvent): void => {
    if (event.event === 'progress') progress(event.masters);
    else if (event.event === 'report') process.stdout.write(renderUpgrade(event.report));
    else tell(event);
  };
  return { emit, end: () => Promise.resolve() };
}

/** Events come when they come; each is drawn after the one before. */
function liveOutlet(): EventOutlet {
  const drawing = import('./live-upgrade.js').then(({ LiveUpgrade }) => new LiveUpgrade());
  let drawn: Promise<void> = Promise.resolve();
  const after = (work: () => Promise<void>): void => {
    drawn = drawn.then(work);
    // Told by `end`.
    drawn.catch(() => {});
  };
  return {
    emit: (event) => after(async () => (await drawing).take(event)),
    end() {
      after(async () => (await drawing).leave());
      return drawn;
    },
  };
}
