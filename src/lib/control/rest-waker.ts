import { Failure } from '../errors.js';
import { printable } from '../model/names.js';
import type { WakeUp, WakingWorker } from '../model/wake.js';
import type { Awake, Waker } from './wake.js';

const answerWithinMs = 5000;

/** A worker as Buildbot's REST API shows it. */
interface RestWorker {
  readonly paused?: unknown;
  readonly graceful?: unknown;
  readonly connected_to?: readonly { readonly masterid?: unknown }[];
}

/**
 * Asks a master's own web server to unpause workers that are not paused: all it does is to look for requests that they
 * could build. A worker that is paused must stay so: what the master says of it is read before.
 */
export class RestWaker implements Waker {
  readonly way = 'rest';
  private readonly base: string;
  private readonly headers: Record<string, string>;

  /** `url` is the base of the web server, with a user and password where it wants one. */
  constructor(url: string) {
    const { origin, pathname, username, password } = new URL(url);
    this.base = `${origin}${pathname.replace(/\/+$/, '')}/api/v2`;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    this.headers = username === '' ? {} : { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
  }

  async wake({ masterId, workers }: WakeUp): Promise<Awake> {
    const awake = new Set<string>();
    try {
      for (const worker of workers) {
        const isNeeded = worker.builders.some((builder) => !awake.has(builder));
        if (!isNeeded || !(await this.isFree(worker, masterId))) continue;
        await this.unpause(worker);
        for (const builder of worker.builders) awake.add(builder);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { builders: [...awake], error: error.message };
    }
    return { builders: [...awake], error: null };
  }

  private async isFree({ id }: WakingWorker, masterId: number): Promise<boolean> {
    const { workers } = (await this.ask(`workers/${id}`)) as { workers?: readonly RestWorker[] };
    const worker = workers?.[0];
    // What is not said to be unpaused is left alone.
    const isConnected = worker?.connected_to?.some((connection) => connection.masterid === masterId) ?? false;
    return isConnected && worker?.paused === false && worker.graceful !== true;
  }

  private async unpause({ id }: WakingWorker): Promise<void> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'unpause', params: {} });
    await this.ask(`workers/${id}`, { method: 'POST', body });
  }

  private async ask(place: string, init: RequestInit = {}): Promise<object> {
    const response = await this.fetched(place, init);
    const text = await response.text().catch(() => '');
    if (!response.ok) throw new Failure('unreachable', `${this.base} answered ${response.status}${detailIn(text)}`);
    const json = parsed(text);
    if (json === null) throw new Failure('unreachable', `${this.base} answered with something else than JSON`);
    return json;
  }

  private async fetched(place: string, init: RequestInit): Promise<Response> {
    const headers = { ...this.headers, accept: 'application/json', 'content-type': 'application/json' };
    try {
      // A redirect would make a GET of the POST.
      return await fetch(`${this.base}/${place}`, { ...init, headers, redirect: 'error', signal: AbortSignal.timeout(answerWithinMs) }); // prettier-ignore
    } catch (error) {
      throw new Failure('unreachable', `${this.base} ${whyNot(error as Error)}`, { cause: error });
    }
  }
}

function whyNot(error: Error): string {
  if (error.name === 'TimeoutError') return `did not answer within ${answerWithinMs / 1000} s`;
  const { message, code } = (error.cause ?? {}) as { message?: string; code?: string };
  return `cannot be asked (${printable(code ?? message ?? error.message)})`;
}

/** Buildbot's own words, as JSON-RPC or its REST API has them. */
function detailIn(text: string): string {
  const { error } = (parsed(text) ?? {}) as { error?: string | { message?: string } };
  const message = typeof error === 'string' ? error : error?.message;
  return message === undefined ? '' : `: ${printable(message).slice(0, 200)}`;
}

function parsed(text: string): object | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' ? json : null;
  } catch {
    return null;
  }
}
