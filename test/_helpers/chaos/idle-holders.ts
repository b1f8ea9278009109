import type { Evidence } from './evidence.js';

/** Services whose holder does not run them, nor has just taken them over: within these seconds. */
export function idleHolders(
  { samples, activities }: Pick<Evidence, 'samples' | 'activities'>,
  grace: number,
): string[] {
  const last = samples.at(-1);
  if (!last) return [];
  const isRun = (service: string, master: string): boolean =>
    activities.some((one) => one.service === service && one.master === master && one.from <= last.at && last.at <= one.until); // prettier-ignore
  const recent = samples.filter(({ at }) => at >= last.at - grace);
  const isSettled = (service: string, master: string): boolean =>
    recent.every(({ holders, enabled }) => holders.get(service) === master && enabled.has(service));
  return [...last.holders]
    .filter(([service, master]) => isSettled(service, master) && !isRun(service, master))
    .map(([service, master]) => `${master} holds ${service} and does not run it`);
}
