/* What a master answers over HTTP, without the master: its database is real, what it is told is kept. */
import type { ExecutionContext } from 'ava';
import { parseDatabaseUrl } from '../../src/lib/db/url.js';
import { systemClock } from '../../src/lib/runtime/clock.js';
import type { Controls, ForceConfig } from '../../src/lib/runtime/force-builds.js';
import { dataApp } from '../../src/lib/runtime/http/app.js';
import type { Site } from '../../src/lib/runtime/http/site.js';
import type { Orders, RunningBuild } from '../../src/lib/runtime/orders.js';
import { openReading } from '../../src/lib/runtime/stores.js';

export const token = 'open sesame';
const origin = 'http://127.0.0.1:8010';

export interface TestSite {
  readonly site: Site;
  /** What it was told, in words. */
  readonly told: string[];
  /** What it has logged. */
  readonly lines: string[];
  readonly running: RunningBuild[];
  /** Everything behind `/api/v2/`; `null` for no body. */
  readonly get: (
    path: string,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; body: unknown; headers: Headers }>;
  readonly text: (path: string) => Promise<{ status: number; text: string; headers: Headers }>;
  readonly request: (path: string, init?: RequestInit) => Promise<Response>;
  /** As whoever may. */
  readonly post: (path: string, method: string, params?: object, headers?: Record<string, string>) => Promise<[status: number, answer: unknown]>; // prettier-ignore
}

export interface SiteOptions {
  readonly self?: { readonly id: number | null; readonly name: string };
  readonly forces?: readonly ForceConfig[];
  readonly listenHost?: string;
  readonly controls?: Partial<Controls>;
  readonly orders?: Partial<Orders>;
}

export async function siteOn(t: ExecutionContext, url: string, options: SiteOptions = {}): Promise<TestSite> {
  const { self = { id: 1, name: 'blue' }, forces = [], listenHost = '127.0.0.1' } = options;
  const reading = openReading({ location: parseDatabaseUrl(url), clock: systemClock });
  t.teardown(() => reading.close());
  const [told, lines, running]: [string[], string[], RunningBuild[]] = [[], [], []];
  const site: Site = {
    self: () => self,
    reading,
    controls: {
      token: () => token,
      forceSchedulers: () => forces,
      forceScheduler: (name) => forces.find((one) => one.name === name),
      force: () => Promise.reject(new Error('nothing is forced here')),
      cancelRequest: (id) => (told.push(`cancel ${id}`), Promise.resolve('cancelled')),
      ...options.controls,
    },
    orders: { ...ordersInto(told, running), ...options.orders },
    running: () => running,
    log: { info: (line) => lines.push(line), warn: (line) => lines.push(line), error: (line) => lines.push(line) },
  };
  const app = await dataApp(site, listenHost);
  const request = async (path: string, init: RequestInit = {}): Promise<Response> =>
    app.request(`${origin}${path}`, { ...init, headers: { host: '127.0.0.1:8010', ...(init.headers as object) } });
  return {
    ...{ site, told, lines, running, request },
    async get(path, headers = {}) {
      const answer = await request(`/api/v2/${path}`, { headers });
      return { status: answer.status, body: await answer.json(), headers: answer.headers };
    },
    async text(path) {
      const answer = await request(`/api/v2/${path}`);
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
    async post(path, method, params = {}, headers = {}) {
      const answer = await request(`/api/v2/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ jsonrpc: '2.0', id: 7, method, params }),
      });
      return [answer.status, await answer.json()];
    },
  };
}

function ordersInto(told: string[], running: readonly RunningBuild[]): Orders {
  return {
    drain: () => void told.push('drain'),
    cancelDrain: () => (told.push('cancelDrain'), true),
    stop: () => void told.push('stop'),
    reconfig: () => (told.push('reconfig'), Promise.resolve(null)),
    stopBuild: (id, reason) => {
      if (!running.some((build) => build.id === id)) return 'not here';
      told.push(`stop build ${id}: ${reason}`);
      return 'stopping';
    },
  };
}
