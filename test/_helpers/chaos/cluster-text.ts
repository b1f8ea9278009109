/** What the masters have; the seconds are those of the rules by which they are judged. */
export const expireAfter = 5;
export const everySeconds: Readonly<Record<string, number>> = { tick: 2, tock: 3 };
/** Comes and goes. */
export const extraScheduler = 'extra';
export const toggled = 'tock';
/** Has no row that the others lack: each minute. */
export const minutely = 'minute';
export const plain = 'each';
export const stable = 'stable';
export const stableSeconds = 3;
export const poller = 'repo';

/** Of a `cluster.yaml`. */
export function clusterText(masters: readonly string[], repository: string, withExtra: boolean): string {
  const extra = withExtra ? [`  ${extraScheduler}: {type: periodic, every: 2s, builders: [one]}`] : [];
  const periodic = Object.entries(everySeconds).map(([name, every]) => `  ${name}: {type: periodic, every: ${every}s, builders: [one]}`); // prettier-ignore
  return [
    `expireAfter: ${expireAfter}s`,
    'masters:',
    ...masters.map((master) => `  ${master}: {name: '${master}:/chaos/${master}'}`),
    'workers:',
    '  w: {local: true}',
    'builders:',
    ...['one', 'two'].map((name) => `  ${name}: {workers: [w], steps: [{shell: "true"}]}`),
    'schedulers:',
    ...periodic,
    ...extra,
    `  ${minutely}: {type: nightly, cron: "* * * * *", builders: [one, two]}`,
    `  ${plain}: {type: any-branch, builders: [one, two]}`,
    `  ${stable}: {type: any-branch, treeStableTimer: ${stableSeconds}s, builders: [one]}`,
    'changeSources:',
    `  ${poller}: {type: git-poller, repository: ${repository}, every: 1s}`,
    '',
  ].join('\n');
}
