import { isIP } from 'node:net';
import type { Context, Hono as HonoType, Next } from 'hono';

/** Orders are short. */
const largestBody = 64 * 1024;

/** What is the same for every answer: what a hostile page, or a hostile log on ours, might try. */
export async function protect(app: HonoType, listenHost: string): Promise<void> {
  const [{ secureHeaders }, { bodyLimit }] = await Promise.all([
    import('hono/secure-headers'),
    import('hono/body-limit'),
  ]);
  app.use(
    secureHeaders({
      // No script at all; the status page's style sheet and its form are its own.
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
      // There is no TLS here to insist on.
      strictTransportSecurity: false,
    }),
  );
  app.use(onlyExpectedHosts(listenHost));
  const limit = bodyLimit({ maxSize: largestBody, onError: (context) => context.json({ error: 'That is too much.' }, 413) }); // prettier-ignore
  // Of what has no body it would ask for one, for which all of the request is made anew.
  app.use((context, next) => (isRead(context.req.method) ? next() : limit(context, next)));
}

/**
 * A name that somebody else has pointed at 127.0.0.1 lets a page of theirs ask a browser for what only this machine may
 * see. Where the master listens for others too, its names are not known, and what is shown is shown to all.
 */
function onlyExpectedHosts(listenHost: string) {
  return async (context: Context, next: Next): Promise<Response | void> => {
    if (isLoopback(listenHost) && !isExpected(context.req.header('host') ?? '', listenHost))
      return context.json({ error: 'This master listens for this machine alone, under no such name.' }, 421);
    await next();
  };
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

/** Nobody can point an address elsewhere. */
function isExpected(host: string, listenHost: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1').toLowerCase(); // prettier-ignore
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || name === listenHost.toLowerCase();
}
