// The mixed cluster, with builders that both kinds of masters build.
import type { ExecutionContext } from 'ava';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until, type Forced, type ServerEngine } from './buildbot.js';
import type { MasterProcess } from './master-process.js';
import { mixedCluster, type Flavour, type Key, type MixedCluster } from './mixed-cluster.js';

const token = 'open sesame';
/** Until somebody opens the gate, or its master is gone. */
const wait = 'until [ -e "$0/open" ]; do kill -0 "$PPID" || exit 1; sleep 0.1; done';

/** What only bbctl's masters build is `ours` and `asks-theirs`; what only the real one builds is `theirs`. */
const flavour: Flavour = {
  // `on-commit` is the real master's; the others need not fire here.
  choices: { building: true, treeStableSeconds: null, periodSeconds: 0, everyMinute: false },
  section: { listen: '127.0.0.1:0' },
  file: (home, gate) => {
    const workers = ['local'];
    const slow = { shell: { command: ['sh', '-c', wait, gate], name: 'command' } };
    const quick = { shell: { command: ['true'], name: 'command' } };
    const ask = (scheduler: string): object => ({ trigger: { schedulers: [scheduler], waitForFinish: true } });
    return {
      tokenFile: join(home, 'token'),
      builders: {
        slow: { workers, steps: [slow], collapseRequests: false },
        quick: { workers, steps: [quick], collapseRequests: false },
        print: { workers, steps: [{ shell: { command: ['sh', join(gate, 'print.sh')], name: 'command' } }] },
        merged: { workers: ['narrow'], steps: [slow] },
        ours: { workers, steps: [quick], collapseRequests: false },
        'asks-theirs': { workers: ['narrow'], steps: [ask('their-child')] },
        ...{ tick: {}, after: {}, 'asks-shared': {}, 'asks-ours': {} },
      },
      workers: {
        local: { local: true, slots: 2 },
        narrow: { local: true },
        heavy: {},
        light: {},
        ticker: {},
        wide: {},
      },
      schedulers: {
        force: { type: 'force', builders: ['slow', 'quick', 'tick', 'print', 'merged', 'ours', 'asks-theirs'] },
        'their-child': { type: 'triggerable', builders: ['tick'] },
        ...{ 'on-commit': {}, dependent: {}, 'shared-child': {}, 'our-child': {} },
      },
      changeSources: { poller: {} },
    };
  },
};

export interface MixedBuilds extends MixedCluster {
  /** By way of this master's REST API; returns the request. */
  force(by: Key, ...builders: string[]): Promise<Forced>;
  /** Of the master that runs under this key. */
  url(key: Key): string;
  /** Gives an order to what is at this path of its REST API. */
  tell(key: Key, path: string, method: string, params?: object): Promise<unknown>;
}

export async function mixedBuilds(t: ExecutionContext, engine: ServerEngine): Promise<MixedBuilds> {
  const c = await mixedCluster(t, engine, flavour);
  writeFileSync(join(c.home, 'token'), token);
  writeFileSync(join(c.gate, 'print.sh'), printing);
  const running = (key: Key): MasterProcess => c.processes.findLast((one) => one.key === key)!;
  const url: MixedBuilds['url'] = (key) => (key === 'real' ? c.real.url() : addressOf(running(key)));
  return {
    ...c,
    url,
    tell: (key, path, method, params = {}) => tell(url(key), path, method, params),
    force: (by, ...builders) => force(url(by), builders, by),
  };
}

function addressOf(master: MasterProcess): string {
  const line = master.log().find(({ message }) => message === 'listening');
  return `http://${String(line?.['http'])}/`;
}

async function force(url: string, builders: readonly string[], by: Key): Promise<Forced> {
  const person = 'A <a@b.invalid>';
  const who = by === 'real' ? { username: person } : { owner: person };
  const result = await tell(url, 'forceschedulers/force', 'force', { builderNames: builders, reason: 'test', ...who });
  const [buildsetId, requestIds] = result as [number, Record<string, number>];
  const requestId = Object.values(requestIds)[0];
  if (requestId === undefined) throw new Error(`nothing was forced: ${JSON.stringify(result)}`);
  return { buildsetId, requestId };
}

/** Gives an order over REST. */
async function tell(url: string, path: string, method: string, params: object): Promise<unknown> {
  const answer = await fetch(`${url}api/v2/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await answer.json()) as { result?: unknown; error?: unknown };
  if (!answer.ok || error) throw new Error(`${method} ${path}: ${JSON.stringify(error)}`);
  return result;
}

/** Starts masters of bbctl's own, and returns when they answer. */
export async function startOurs(c: MixedBuilds, ...keys: Exclude<Key, 'real'>[]): Promise<void> {
  await Promise.all(
    keys.map(async (key) => {
      const master = c.start(key);
      await master.logged('listening');
      await until(`${key} is there`, async () => {
        const { masters } = (await get(c, key, 'masters?active=true')) as { masters: { name: string }[] };
        return masters.some(({ name }) => name === key);
      });
    }),
  );
}

/** What a master answers at `/api/v2/`. */
export async function get(c: Pick<MixedBuilds, 'url'>, key: Key, path: string): Promise<unknown> {
  return (await fetch(`${c.url(key)}api/v2/${path}`)).json();
}

/** Who has built, or builds, the request: every build of it, oldest first. */
export async function buildersOf(c: MixedBuilds, requestId: number): Promise<{ by: Key; results: number | null }[]> {
  const rows = await c.db.query(
    'SELECT m.name AS name, b.results AS results FROM builds b JOIN masters m ON m.id = b.masterid WHERE b.buildrequestid = ? ORDER BY b.id',
    [requestId],
  );
  const keyOf = (name: unknown): Key => (name === c.real.name ? 'real' : (name as Key));
  return rows.map(({ name, results }) => ({ by: keyOf(name), results: results === null ? null : Number(results) }));
}

/** The request is being built by that master, or one of those. */
export function untilBuilding(c: MixedBuilds, requestId: number, ...by: Key[]): Promise<Key> {
  return until(`request ${requestId} is built by ${by.join(' or ')}`, async () => {
    const last = (await buildersOf(c, requestId)).at(-1);
    return last?.results === null && by.includes(last.by) && last.by;
  });
}

/** Ways in which text is difficult; the shell of both kinds prints the same. */
export const printed = {
  stdout: [
    'first',
    'Grüße, 世界 🙂',
    '',
    '  spaces at both ends  ',
    'a\ttab',
    // Where longer ones are cut depends, with Buildbot, on how they come.
    'x'.repeat(4000),
    'broken \uFFFD text',
    'one',
    'two',
    ...Array.from({ length: 15_000 }, (_, index) => `line ${index + 1}`),
    'last',
  ],
  stderr: ['trouble', 'Ärger'],
};

const printing = `
printf '%s\\n' 'first' 'Grüße, 世界 🙂' '' '  spaces at both ends  '
printf 'a\\ttab\\n'
head -c 4000 /dev/zero | tr '\\0' x; echo
printf 'broken \\377 text\\n'
printf 'one\\rtwo\\r\\n'
seq -f 'line %.0f' 1 15000
echo last
sleep 0.2
printf '%s\\n' trouble Ärger >&2
`;
