import type { Context, Hono as HonoType } from 'hono';
import { html } from 'hono/html';
import { readLastBuilds } from '../../../db/builder-lists.js';
import { readLines } from '../../../db/log-chunks.js';
import { readBuildPage, readCurrentLogs } from '../../../db/page-facts.js';
import { snapshot } from '../../../db/snapshot.js';
import { Failure } from '../../../errors.js';
import { isOrphanedBuilder } from '../../../model/builder.js';
import type { Clock } from '../../clock.js';
import type { Master } from '../../master.js';
import type { Store } from '../../store.js';
import { isSameToken } from '../authorize.js';
import { buildPage } from './build-page.js';
import { drainPage } from './drain-page.js';
import { page, text } from './layout.js';
import type { Html } from './layout.js';
import { overviewPage } from './overview-page.js';
import { overviewOf } from './overview.js';
import type { Overview } from './overview.js';
import { style } from './style.js';

export interface PageOptions {
  readonly master: Master;
  /** For reading alone. */
  readonly store: Store;
  readonly token: () => string | null;
  readonly clock: Clock;
}

/** Of the running builds, so many are shown with what they print. */
const mostTails = 20;
const tailLines = 6;
/** The last build of so many builders. */
const mostLastBuilds = 1000;
const followMs = 1000;
/** Whoever follows holds a connection and reads once a second. */
const mostFollowers = 20;

const policy = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** The status page and what hangs on it. */
export function addPages(app: HonoType, options: PageOptions): void {
  const pages = new Pages(options);
  app.get('/style.css', (context) => context.body(style, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=3600' }));
  app.get('/', (context) => pages.answer(context, async () => overviewPage(await pages.overview())));
  app.get('/builds/:id{[0-9]{1,15}}', (context) => pages.build(context));
  app.get('/drain', (context) => pages.answer(context, async () => drainPage(await pages.overview())));
  app.post('/drain', (context) => pages.answer(context, () => pages.order(context)));
} // prettier-ignore

class Pages {
  private readonly options: PageOptions;
  private followers = 0;

  constructor(options: PageOptions) {
    this.options = options;
  }

  async overview(): Promise<Overview> {
    const { master, store } = this.options;
    return store.read(async (tx) => {
      const cluster = await snapshot(tx, store.label);
      const inUse = cluster.builders.filter((builder) => !isOrphanedBuilder(builder)).map(({ id }) => id);
      const lasts = await readLastBuilds(tx, inUse.slice(0, mostLastBuilds));
      const logs = await readCurrentLogs(tx, cluster.builds.slice(0, mostTails).map(({ id }) => id));
      const tails = new Map<number, readonly string[]>();
      for (const { buildId, logId, lines } of logs)
        tails.set(buildId, await readLines(tx, logId, Math.max(0, lines - tailLines), tailLines));
      const lastResults = new Map([...lasts].map(([builderId, { id, number, results }]) => [builderId, { buildId: id, number, results }]));
      const self = { id: master.membership.trusted?.id ?? null, name: master.membership.name, state: master.state };
      return overviewOf({ cluster, self, lastResults, tails, history: master.chronicle });
    });
  } // prettier-ignore

  /** `drain` or `cancelDrain`, by the form of `/drain`. */
  async order(context: Context): Promise<Html | Response> {
    const { master, token } = this.options;
    const refuse = async (why: string): Promise<Html> => drainPage(await this.overview(), why);
    // A page of another site can make a browser send a form.
    if (!isFromHere(context)) return refuse('This came from another site, and was not done.');
    const form = await context.req.parseBody();
    const wanted = token();
    if (wanted === null) return refuse('This master takes no orders: cluster.yaml names no tokenFile.');
    if (typeof form['token'] !== 'string' || !isSameToken(form['token'].trim(), wanted)) return refuse('That is not the token.');
    if (form['method'] === 'cancelDrain') master.orders.cancelDrain();
    else if (form['method'] === 'drain') master.orders.drain();
    else return refuse('That is no order.');
    return context.redirect('/', 303);
  } // prettier-ignore

  async build(context: Context): Promise<Response> {
    if (this.followers >= mostFollowers) return this.answer(context, () => Promise.resolve(busyPage()), 503);
    const { store, clock } = this.options;
    const signal = context.req.raw.signal;
    const source = {
      signal,
      readBuild: () =>
        store.read(async (tx) => {
          const build = await readBuildPage(tx, Number(context.req.param('id')));
          return build && { build, now: await tx.dialect.now(tx.sql) };
        }),
      readLines: (logId: number, first: number, limit: number) =>
        store.glance((tx) => readLines(tx, logId, first, limit)),
      pause: () => clock.sleep(followMs, signal),
    };
    const first = await source.readBuild().catch(() => null);
    if (!first) return this.answer(context, () => Promise.resolve(missingPage()), 404);
    return new Response(this.streamed(buildPage(first.build, first.now, source)), { headers: headers() });
  }

  async answer(context: Context, make: () => Promise<Html | Response>, status = 200): Promise<Response> {
    try {
      const made = await make();
      if (made instanceof Response) return made;
      return new Response(String(await made), { status, headers: headers() });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return new Response(String(await unreadablePage(error.message)), { status: 503, headers: headers() });
    }
  }

  /** What cannot be read any more ends the page. */
  private streamed(pieces: AsyncGenerator<Html>): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    this.followers++;
    const end = (): void => void (this.followers = Math.max(0, this.followers - 1));
    return new ReadableStream({
      async pull(controller) {
        try {
          const { done, value } = await pieces.next();
          if (!done) return controller.enqueue(encoder.encode(String(await value)));
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          controller.enqueue(encoder.encode(String(await html`<p class="wrong">${text(error.message)}</p>`)));
        }
        end();
        controller.close();
      },
      async cancel() {
        end();
        await pieces.return(undefined);
      },
    });
  } // prettier-ignore
}

function headers(): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  };
}

function isFromHere(context: Context): boolean {
  const origin = context.req.header('origin');
  const site = context.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  return origin !== undefined && URL.canParse(origin) && new URL(origin).host === context.req.header('host');
}

function missingPage(): Html {
  return page(
    { title: 'No such build' },
    html`<p><a href="/">Back</a></p>
      <h1>There is no such build.</h1>`,
  );
}

function busyPage(): Html {
  return page(
    { title: 'Too many followers', refreshSeconds: 30 },
    html`<p><a href="/">Back</a></p>
      <h1>Too many people follow builds at the moment.</h1>`,
  );
}

function unreadablePage(message: string): Html {
  return page(
    { title: 'Cannot read', refreshSeconds: 10 },
    html`<h1>The cluster cannot be read at the moment.</h1>
      <p class="wrong">${text(message)}</p>`,
  );
}
