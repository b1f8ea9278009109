import type { Context, Hono as HonoType } from 'hono';
import { systemClock } from '../clock.js';
import type { Master } from '../master.js';
import { control } from './controls.js';
import { dataApi } from './data-api.js';
import { answerError } from './data-errors.js';
import { metricsOf } from './metrics.js';
import { protect } from './protect.js';
import type { Site } from './site.js';

/** What a master answers over HTTP. */
export async function appOf(master: Master, site: Site, listenHost: string): Promise<HonoType> {
  const metrics = await metricsOf(master, site);
  const app = await dataApp(site, listenHost);
  // A process that answers lives; whether it should be given work is the other question.
  app.get('/healthz/live', (context) => context.text(`${master.state}\n`));
  app.get('/healthz/ready', (context) => context.text(`${master.state}\n`, master.state === 'active' ? 200 : 503));
  app.get('/metrics', async (context) => {
    context.header('content-type', metrics.contentType);
    return context.body(await metrics.metrics());
  });
  const { addPages } = await import('./page/routes.js');
  addPages(app, { master, site, clock: systemClock });
  return app;
}

/** The data API alone, and what protects it. */
export async function dataApp(site: Site, listenHost: string): Promise<HonoType> {
  const { Hono } = await import('hono');
  const app = new Hono();
  await protect(app, listenHost);
  app.onError((error, context) => answerError(context, error, site.log));
  app.notFound((context) => context.json({ error: 'There is nothing there.' }, 404));
  const [get, post] = [dataApi(site), control(site)];
  const api = '/api/:version{v2|latest}';
  for (const pattern of [api, `${api}/*`]) {
    app.get(pattern, (context) => get(context, restOf(context)));
    app.post(pattern, (context) => post(context, restOf(context)));
    // Pages of other sites are told nothing: no header lets them read an answer.
    app.options(pattern, (context) => context.body(null, 204, { allow: 'GET, HEAD, OPTIONS, POST' }));
    app.all(pattern, (context) => context.json({ error: 'Only GET, HEAD, OPTIONS and POST.' }, 405, { allow: 'GET, HEAD, OPTIONS, POST' })); // prettier-ignore
  }
  return app;
}

/** What is behind the version, as it was written. */
function restOf(context: Context): string {
  return new URL(context.req.url).pathname.replace(/^\/api\/\w+\/?/, '').replace(/\/$/, '');
}
