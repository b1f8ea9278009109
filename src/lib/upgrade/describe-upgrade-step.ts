import { printable } from '../model/names.js';
import { leftText } from '../ui/views/shut-down.js';
import type { UpgradeStep } from './plan-upgrade.js';

/** One line for people. */
export function describeUpgradeStep({ kind, master, by, left }: UpgradeStep): string {
  const told = left === null ? '' : ` (${leftText(left)})`;
  const what: Record<UpgradeStep['kind'], string> = {
    start: `start it, by ${by}, and wait until it takes part`,
    there: 'it runs already',
    drain: `ask to drain, by ${by}${told}`,
    watch: `it drains already: watch${told}`,
    gone: 'it has stopped already',
    'take back': 'take its drain back',
    again: `wait until it has stopped${told}, and start it again, by ${by}`,
  };
  return `${printable(master)}: ${what[kind]}`;
}
