import { Failure } from '../../errors.js';
import { parseDuration } from '../duration.js';
import { list, printable } from '../names.js';
import { checks } from './catalogue.js';
import type { Check, Limit } from './check.js';

function checkNamed(id: string): Check {
  const check = checks.find((one) => one.id === id);
  if (check) return check;
  throw new Failure('usage', `There is no check "${printable(id)}".`, {
    try: `There are ${list(
      checks.map((one) => one.id),
      checks.length,
    )}.`,
  });
}

/** `--only` and `--skip`: ids of checks; nothing named means all. */
export function chosenChecks(only: readonly string[] = [], skip: readonly string[] = []): readonly Check[] {
  const [wanted, unwanted] = [only.map(checkNamed), skip.map(checkNamed)];
  return checks.filter((check) => (wanted.length === 0 || wanted.includes(check)) && !unwanted.includes(check));
}

/** `--warning CHECK=VALUE` and `--critical CHECK=VALUE`; `off` for none. */
export function limitsOf(warning: readonly string[] = [], critical: readonly string[] = []): Map<string, Limit> {
  const limits = new Map<string, Limit>();
  const set = (setting: string, side: keyof Limit): void => {
    const at = setting.indexOf('=');
    const check = checkNamed(at === -1 ? setting : setting.slice(0, at));
    if (!check.threshold) throw new Failure('usage', `The check ${check.id} has no threshold.`);
    const before = limits.get(check.id) ?? check.threshold;
    limits.set(check.id, { warning: before.warning, critical: before.critical, [side]: valueOf(setting, at, check) });
  };
  for (const setting of warning) set(setting, 'warning');
  for (const setting of critical) set(setting, 'critical');
  return limits;
}

function valueOf(setting: string, at: number, check: Check): number | null {
  const text = at === -1 ? '' : setting.slice(at + 1);
  if (text === 'off') return null;
  if (check.threshold?.unit === 's') return parseDuration(text);
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new Failure('usage', `"${printable(setting)}" is not a threshold.`, {
    try: `Write it like ${check.id}=${check.threshold?.warning ?? 10}, or ${check.id}=off.`,
  });
}
