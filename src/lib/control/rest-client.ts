import { Failure } from '../errors.js';
import type { FailureCode } from '../errors.js';
import { printable } from '../model/names.js';

const answerWithinMs = 5000;

/** Asks a master's web server, Buildbot's or bbctl's. What goes wrong is a `Failure` that never tells a secret. */
export class RestClient {
  /** The address of its API, without secrets. */
  readonly base: string;
  private readonly headers: Record<string, string>;

  /** `url` is the base of the web server, with a user and password where it wants one; a token is shown instead of them. */
  constructor(url: string, token: string | null = null) {
    const { origin, pathname, username, password } = new URL(url);
    this.base = `${origin}${pathname.replace(/\/+$/, '')}/api/v2`;
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const basic = username === '' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`;
    const authorization = token === null ? basic : `Bearer ${token}`;
    this.headers = authorization === null ? {} : { authorization };
  }

  /** Does anything answer there? */
  async isThere(): Promise<boolean> {
    try {
      await this.fetched('../../healthz/live', {});
      return true;
    } catch {
      return false;
    }
  }

  get(place: string): Promise<object> {
    return this.ask(place);
  }

  /** By JSON-RPC 2.0. */
  async call(place: string, method: string): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: {} });
    return ((await this.ask(place, { method: 'POST', body })) as { result?: unknown }).result;
  }

  private async ask(place: string, init: RequestInit = {}): Promise<object> {
    const response = await this.fetched(place, init);
    const text = await response.text().catch(() => '');
    if (!response.ok)
      throw new Failure(codeOf(response.status), `${this.base} answered ${response.status}${detailIn(text)}`);
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
      const code = (error as Error).name === 'TimeoutError' ? 'timedOut' : 'unreachable';
      throw new Failure(code, `${this.base} ${whyNot(error as Error)}`, { cause: error });
    }
  }
}

/** Who answers so is there, and has understood. */
function codeOf(status: number): FailureCode {
  return [401, 403, 409].includes(status) ? 'refused' : 'unreachable';
}

function whyNot(error: Error): string {
  if (error.name === 'TimeoutError') return `did not answer within ${answerWithinMs / 1000} s`;
  const { message, code } = (error.cause ?? {}) as { message?: string; code?: string };
  return `cannot be asked (${printable(code ?? message ?? error.message)})`;
}

/** The server's own words, as JSON-RPC or Buildbot's REST API has them. */
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
