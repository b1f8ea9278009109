import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { everySeconds, expireAfter, extraScheduler } from '../chaos/cluster-text.js';
import { closedPort } from '../network.js';

/** What the masters of a counting run have in common. */
export interface CountedCluster {
  readonly token: string;
  readonly ports: ReadonlyMap<string, number>;
  /** Where the builds say what they do. */
  readonly record: string;
  readonly text: (masters: readonly string[], withExtra: boolean) => string;
}

/** Each built once for each request; `merge` builds equal ones once. */
export const counted = ['tally', 'talk', 'fail', 'parent', 'child'] as const;
export const merging = 'merge';
/** What its schedulers have asked for last may come when every master stops. */
export const periodic = 'one';
/** Of each second of a talkative build. */
export const linesPerTick = 120;

/** One line at a time, appended: nothing of it depends on the database. */
export const countingStep = `
say() { printf '%s %s %s %s %s %s %s\\n' "$(date +%s.%N)" "$1" "$CLIENT" "$NUMBER" "$BUILDER" "$BUILDNUMBER" "$PWD" >> "$RECORD"; }
say start
tick=0
while [ "$tick" -lt "$TICKS" ]; do
  if [ "$BUILDER" = talk ]; then seq -f 'counted line %.0f' $((tick * ${linesPerTick} + 1)) $(((tick + 1) * ${linesPerTick})); fi
  sleep "0.$((RANDOM_TENTHS + 3))"
  tick=$((tick + 1))
  say alive
done
say end
[ "$BUILDER" != fail ]
`;

/** What the step needs to know; Buildbot's masters write properties in the same way. */
export function countingEnv(record: string): Record<string, string> {
  return { CLIENT: '%(prop:client)s', NUMBER: '%(prop:number)s', TICKS: '%(prop:ticks:-0)s', BUILDER: '%(prop:buildername)s', BUILDNUMBER: '%(prop:buildnumber)s', RECORD: record, RANDOM_TENTHS: '%(prop:tenths:-1)s' }; // prettier-ignore
}

export async function countedCluster(dir: string, masters: readonly string[]): Promise<CountedCluster> {
  mkdirSync(dir, { recursive: true });
  const token = 'counting';
  const record = join(dir, 'record');
  writeFileSync(record, '');
  writeFileSync(join(dir, 'token'), token);
  writeFileSync(join(dir, 'step.sh'), countingStep);
  const ports = new Map<string, number>();
  for (const master of masters) ports.set(master, await closedPort());
  return { token, ports, record, text: (keys, withExtra) => clusterText({ dir, record, ports, withExtra }, keys) };
}

interface Setting {
  readonly dir: string;
  readonly record: string;
  readonly ports: ReadonlyMap<string, number>;
  readonly withExtra: boolean;
}

function clusterText({ dir, record, ports, withExtra }: Setting, masters: readonly string[]): string {
  const shell = `{shell: {command: [sh, '${join(dir, 'step.sh')}'], name: count}}`;
  const trigger = '{trigger: {schedulers: [children], waitForFinish: true, setProperties: {client: "%(prop:client)s", number: "%(prop:number)s", ticks: 1}}}'; // prettier-ignore
  const env = countingEnv(record);
  const builder = (name: string, steps: string, isCollapsing = false): string =>
    `  ${name}: {workers: [w], collapseRequests: ${isCollapsing}, env: ${JSON.stringify(env)}, steps: [${steps}]}`;
  const timed = { ...everySeconds, ...(withExtra ? { [extraScheduler]: 2 } : {}) };
  return [
    `expireAfter: ${expireAfter}s`,
    `tokenFile: ${join(dir, 'token')}`,
    'masters:',
    ...masters.map((master) => `  ${master}: {name: ${master}, listen: ${ports.get(master)}}`),
    'workers:',
    '  w: {local: true, slots: 3}',
    'builders:',
    ...counted.map((name) => builder(name, name === 'parent' ? `${shell}, ${trigger}` : shell)),
    builder(merging, shell, true),
    `  ${periodic}: {workers: [w], steps: [{shell: "true"}]}`,
    'schedulers:',
    `  force: {type: force, builders: [${counted.join(', ')}, ${merging}]}`,
    '  children: {type: triggerable, builders: [child]}',
    ...Object.entries(timed).map(
      ([name, every]) => `  ${name}: {type: periodic, every: ${every}s, builders: [${periodic}]}`,
    ),
    '',
  ].join('\n');
}
