import type { Hono as HonoType } from 'hono';
import type { Master } from '../master.js';
import type { Controls } from '../force-builds.js';
import { authorize } from './authorize.js';
import { forceBuilds } from './force.js';
import { metricsOf } from './metrics.js';

/** What a master answers over HTTP. */
export async function appOf(master: Master, controls: Controls): Promise<HonoType> {
  const { Hono } = await import('hono');
  const metrics = await metricsOf(master);
  const app = new Hono();
  // A process that answers lives; whether it should be given work is the other question.
  app.get('/healthz/live', (context) => context.text(`${master.state}\n`));
  app.get('/healthz/ready', (context) => context.text(`${master.state}\n`, master.state === 'active' ? 200 : 503));
  app.get('/metrics', async (context) => {
    context.header('content-type', metrics.contentType);
    return context.body(await metrics.metrics());
  });
  app.post('/api/v2/forceschedulers/:name', authorize(controls), forceBuilds(controls));
  return app;
}
