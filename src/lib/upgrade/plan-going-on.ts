/* Pure: what is left to be done of an upgrade that was begun, or to be taken back. */
import { wordsOf } from '../drain/blockers.js';
import type { Target } from '../drain/targets.js';
import { leftOf } from '../model/drain.js';
import { printable } from '../model/names.js';
import type { Blocker, Plan } from '../operation.js';
import type { Newcomer } from './newcomer.js';
import { goBack } from './halt.js';
import { planUpgrade } from './plan-upgrade.js';
import type { UpgradeInput, UpgradeStep } from './plan-upgrade.js';
import type { SavedOld, SavedUpgrade } from './saved-upgrade.js';

/** What speaks against a new upgrade does not keep one from going on that has begun: where it cannot, it stops with a question. */
export function planResume(input: UpgradeInput, saved: SavedUpgrade): Plan<UpgradeStep> {
  const plan = planUpgrade(input);
  const warnings = [...plan.blockers.map(({ message }) => message), ...plan.warnings];
  return { ...plan, title: `Go on: ${plan.title}`, warnings, blockers: input.force ? [] : restarted(input, saved) };
}

/** Who had stopped and runs again was started by somebody: it may be meant. */
function restarted({ old }: UpgradeInput, saved: SavedUpgrade): Blocker[] {
  return old.flatMap(({ master }) => {
    const before = savedOf(saved, master.name);
    if (!master.active || before?.endedAt == null || before.broughtBack !== null) return [];
    return [{
      message: `${printable(master.name)} was drained and had stopped, and runs again: somebody has started it since.`,
      try: `If it is to go, --force drains it again; "${goBack}" goes back.`,
      override: '--force',
    }];
  });
} // prettier-ignore

export function planAbort({ facts, old, start }: UpgradeInput, saved: SavedUpgrade): Plan<UpgradeStep> {
  const ours = new Set(saved.start.filter(({ startedAt }) => startedAt !== null).map(({ name }) => name));
  return {
    title: 'Take the upgrade back',
    steps: [
      ...old.map((target) => ({ ...backStep(target, savedOf(saved, target.master.name)), left: leftOf(facts, target.master) })),
      ...start.map((newcomer) => ({ ...goStep(newcomer, ours.has(newcomer.name)), left: newcomer.master && leftOf(facts, newcomer.master) })),
    ],
    notes: ['The old masters are brought back first; then the new ones are drained that the upgrade has started.'],
    warnings: [],
    blockers: [],
    secondLook: null,
  };
} // prettier-ignore

type Bare = Omit<UpgradeStep, 'left'>;

function backStep({ master, kind, controlled }: Target, before: SavedOld | undefined): Bare {
  const { start } = controlled.control;
  const again = (what: 'start' | 'again'): Bare => stepFor(master.name, what, start ? wordsOf(start) : 'nothing');
  if (!master.active) return before?.askedAt == null ? stepFor(master.name, 'gone') : again('start');
  if (before?.askedAt == null || before.broughtBack !== null) return stepFor(master.name, 'there');
  if (kind === 'buildbot') return again('again');
  return stepFor(master.name, master.condition?.state === 'draining' ? 'take back' : 'there');
}

function goStep({ name, master, controlled }: Newcomer, isOurs: boolean): Bare {
  const { drain } = controlled.control;
  if (master === null || master.state === 'stopped') return stepFor(name, 'gone');
  return isOurs ? stepFor(name, 'drain', drain ? wordsOf(drain) : 'nothing') : stepFor(name, 'there');
}

function stepFor(master: string, kind: UpgradeStep['kind'], by = 'nothing'): Bare {
  return { kind, subject: `master ${master}`, wave: 1, master, by };
}

function savedOf({ old }: SavedUpgrade, name: string): SavedOld | undefined {
  return old.find((one) => one.name === name);
}
