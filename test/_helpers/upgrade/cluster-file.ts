import type { Side } from './sides.js';

export const token = 'counting';
export const periodSeconds = 4;
const treeStableSeconds = 1;
/** What both kinds of masters configure, and one of them holds; beside `force`. */
export const services = ['on-commit', 'periodic', 'poller'] as const;

export interface ClusterFile {
  readonly database: string;
  readonly tokenFile: string;
  readonly repository: string;
  /** The folder in which builds of `slow` look for the file `open`. */
  readonly gate: string;
  /** The file of the step that counts, and its environment. */
  readonly step: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sides: readonly Side[];
}

/** Until somebody opens the gate, or its master is gone. */
const wait = 'until [ -e "$0/open" ]; do kill -0 "$PPID" || exit 1; sleep 0.1; done';

/** Where only Buildbot masters are, it tells no more than how they are asked. */
export function clusterFile(options: ClusterFile): string {
  const { database, tokenFile, sides } = options;
  const masters = Object.fromEntries(sides.map(({ key, section }) => [key, section]));
  const isMixed = sides.some(({ kind }) => kind === 'bbctl');
  return JSON.stringify({ database, masters, ...(isMixed ? { tokenFile, ...work(options) } : {}) });
}

/** The same builders, workers, schedulers and change source as the Buildbot masters of the tests have; but the workers are local. */
function work({ repository, gate, step, env }: ClusterFile): object {
  const builder = (worker: string, ...command: string[]): object => ({ workers: [worker], steps: [{ shell: { command } }], collapseRequests: false }); // prettier-ignore
  const counting = { ...builder('roving', 'sh', step), env };
  const local = { local: true };
  return {
    expireAfter: '5s',
    builders: {
      slow: builder('heavy', 'sh', '-c', wait, gate),
      quick: builder('light', 'true'),
      tick: builder('light', 'true'),
      tally: { ...counting, workers: ['roving', 'fresh'] },
      lonely: counting,
    },
    workers: { heavy: local, light: local, roving: { ...local, slots: 2 }, fresh: { ...local, slots: 2 } },
    schedulers: {
      force: { type: 'force', builders: ['slow', 'quick', 'tick', 'tally', 'lonely'] },
      'on-commit': { type: 'any-branch', builders: ['quick'], treeStableTimer: `${treeStableSeconds}s` },
      periodic: { type: 'periodic', every: `${periodSeconds}s`, builders: ['tick'] },
    },
    changeSources: { poller: { type: 'git-poller', branches: ['main'], every: '2s', repository } },
  };
}

/** What Buildbot's masters read for the same. */
export const buildbotChoices = { periodSeconds, treeStableSeconds };
