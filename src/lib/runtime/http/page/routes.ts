import type { Context, Hono as HonoType } from 'hono';
import { html } from 'hono/html';
import { readLastBuilds } from '../../../db/builder-lists.js';
import { readLogLines } from '../../../db/page-facts.js';
import { readBuildPage, readCurrentLogs } from '../../../db/page-facts.js';
import { snapshot } from '../../../db/snapshot.js';
import { Failure } from '../../../errors.js';
import { isOrphanedBuilder } from '../../../model/builder.js';
import type { Clock } from '../../clock.js';
import type { Master } from '../../master.js';
import { hasOwnOrigin, isSameToken } from '../authorize.js';
import type { Site } from '../site.js';
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
  readonly site: Site;
  readonly clock: Clock;
}

/** Of the running builds, so many are shown with what they print. */
const mostTails = 20;
const tailLines = 6;
const tailWidth = 300;
/** The last build of so many builders. */
const mostLastBuilds = 1000;
const followMs = 1000;
/** Whoever follows holds a connection and reads once a second. */
const mostFollowers = 20;

/** The status page and what hangs on it. */
export function addPages(app: HonoType, options: PageOptions): void {
  const pages = new Pages(options);
  app.get('/style.css', (context) => context.body(style, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=3600' }));
  app.get('/', () => answered(async () => overviewPage(await pages.overview())));
  app.get('/builds/:id{[0-9]{1,15}}', (context) => answered(() => pages.build(context)));
  app.get('/drain', () => answered(async () => drainPage(await pages.overview())));
  app.post('/drain', (context) => answered(() => pages.order(context)));
} // prettier-ignore

class Pages {
  private readonly options: PageOptions;
  private followers = 0;

  constructor(options: PageOptions) {
    this.options = options;
  }

  async overview(): Promise<Overview> {
    const { master, site } = this.options;
    return site.reading.glance(async (tx) => {
      const cluster = await snapshot(tx, '');
      const inUse = cluster.builders.filter((builder) => !isOrphanedBuilder(builder)).map(({ id }) => id);
      const lasts = await readLastBuilds(tx, inUse.slice(0, mostLastBuilds));
      const logs = await readCurrentLogs(tx, cluster.builds.slice(0, mostTails).map(({ id }) => id));
      const tails = new Map<number, readonly string[]>();
      for (const { buildId, logId, lines, type } of logs) {
        const last = await readLogLines(tx, logId, Math.max(0, lines - tailLines), tailLines);
        tails.set(buildId, last.map((line) => (type === 's' ? line.slice(1) : line).slice(0, tailWidth)));
      }
      const lastResults = new Map([...lasts].map(([builderId, { id, number, results }]) => [builderId, { buildId: id, number, results }]));
      const self = { id: master.membership.trusted?.id ?? null, name: master.membership.name, state: master.state };
      return overviewOf({ cluster, self, lastResults, tails, history: master.chronicle });
    });
  } // prettier-ignore

  /** `drain` or `cancelDrain`, by the form of `/drain`. */
  async order(context: Context): Promise<Html | Response> {
    const { site } = this.options;
    const refuse = async (why: string): Promise<Response> => respond(drainPage(await this.overview(), why), 403);
    // A page of another site can make a browser send a form.
    if (!isFromHere(context)) return refuse('This came from another site, and was not done.');
    const form = await context.req.parseBody();
    const wanted = site.controls.token();
    if (wanted === null) return refuse('This master takes no orders: cluster.yaml names no tokenFile.');
    if (typeof form['token'] !== 'string' || !isSameToken(form['token'].trim(), wanted)) return refuse('That is not the token.');
    if (form['method'] === 'cancelDrain') site.orders.cancelDrain();
    else if (form['method'] === 'drain') site.orders.drain();
    else return refuse('That is no order.');
    return context.redirect('/', 303);
  } // prettier-ignore

  async build(context: Context): Promise<Html | Response> {
    if (this.followers >= mostFollowers) return respond(busyPage(), 503);
    const { site, clock } = this.options;
    const { signal } = context.req.raw;
    const id = Number(context.req.param('id'));
    const source = {
      signal,
      readBuild: () =>
        site.reading.glance(async (tx) => {
          const build = await readBuildPage(tx, id);
          return build && { build, now: await tx.dialect.now(tx.sql) };
        }),
      readLines: (logId: number, first: number, limit: number) =>
        site.reading.glance((tx) => readLogLines(tx, logId, first, limit)),
      pause: () => clock.sleep(followMs, signal),
    };
    const first = await source.readBuild();
    if (!first) return respond(missingPage(), 404);
    return new Response(this.streamed(buildPage(first.build, first.now, source)), { headers });
  }

  /** What cannot be read any more ends the page. */
  private streamed(pieces: AsyncGenerator<Html>): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    this.followers++;
    const end = (): void => void (this.followers = Math.max(0, this.followers - 1));
    return new ReadableStream({
      async pull(controller) {
        try {
          const piece = await pieces.next();
          if (piece.done !== true) return controller.enqueue(encoder.encode(String(await piece.value)));
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

const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };

async function respond(page: Html, status = 200): Promise<Response> {
  return new Response(String(await page), { status, headers });
}

/** Without the database there is a page that says so, and tries again by itself. */
async function answered(make: () => Promise<Html | Response>): Promise<Response> {
  try {
    const made = await make();
    return made instanceof Response ? made : await respond(made);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return respond(unreadablePage(error.message), 503);
  }
}

function isFromHere(context: Context): boolean {
  const site = context.req.header('sec-fetch-site');
  return site === undefined ? hasOwnOrigin(context) : site === 'same-origin';
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
