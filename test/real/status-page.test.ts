// The status page in a real browser, of a real master that builds.
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { openBrowser, picture } from '../_helpers/browser.js';
import { bbctl } from '../_helpers/cli.js';
import { emptyDatabase } from '../_helpers/database.js';
import { temporaryFolder } from '../_helpers/gate-hooks.js';
import { startMasterProcess } from '../_helpers/master-process.js';
import type { MasterProcess } from '../_helpers/master-process.js';
import { isSkipped } from '../_helpers/skip.js';

const token = 'a long secret';
const hostile = `<script>document.title = 'taken'</script>`;

interface Site {
  readonly url: string;
  readonly master: MasterProcess;
  force(builder: string): Promise<void>;
  /** The running build goes on. */
  goOn(): void;
}

async function startSite(t: ExecutionContext): Promise<Site> {
  const folder = await temporaryFolder(t);
  const gate = join(folder, 'go on');
  const db = await emptyDatabase('sqlite');
  t.teardown(() => db.close());
  t.is((await bbctl(['db', 'init', '--yes'], { db: db.url })).status, 0);
  const command = `echo "${hostile.replaceAll('"', '\\"')}"; echo line 1; while test -d '${folder}' && ! test -e '${gate}'; do sleep 0.1; done; echo line 2`;
  const file = join(folder, 'cluster.yaml');
  const steps = JSON.stringify([{ shell: { command, name: hostile } }]);
  writeFileSync(join(folder, 'token'), `${token}\n`);
  writeFileSync(file, [
    `database: ${db.url}`,
    'expireAfter: 10s',
    'tokenFile: token',
    'masters:',
    '  blue: {name: blue, listen: "127.0.0.1:0"}',
    'workers: {local: {local: true}}',
    `builders: {tests: {workers: [local], steps: ${steps}}, ${JSON.stringify(hostile)}: {workers: [local], steps: [{shell: "true"}]}}`,
    'schedulers:',
    '  hourly: {type: periodic, every: 1h, builders: [tests]}',
    `  force: {type: force, builders: [tests, ${JSON.stringify(hostile)}]}`,
  ].join('\n'));
  const master = startMasterProcess(t, { file, key: 'blue', home: folder });
  const url = `http://${String((await master.logged('listening'))['http'])}`;
  const force = async (builder: string): Promise<void> => {
    const body = { jsonrpc: '2.0', id: 1, method: 'force', params: { builderNames: [builder] } };
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    t.is((await fetch(`${url}/api/v2/forceschedulers/force`, { method: 'POST', headers, body: JSON.stringify(body) })).status, 200);
  };
  return { url, master, force, goOn: () => writeFileSync(gate, '') };
} // prettier-ignore

/** Everything that was asked for elsewhere, and every dialog: there must be none. */
function watch(page: Page, { url }: Site): string[] {
  const odd: string[] = [];
  page.on('request', (request) => request.url().startsWith(url) || odd.push(request.url()));
  page.on('dialog', (dialog) => void (odd.push(dialog.message()), dialog.dismiss()));
  page.on('pageerror', (error) => odd.push(error.message));
  return odd;
}

async function isWiderThanScreen(page: Page): Promise<boolean> {
  return page.evaluate('document.documentElement.scrollWidth > window.innerWidth');
}

if (!isSkipped('chromium')) {
  test('a build is seen, followed live and seen to end, without a script, also on a phone', async (t) => {
    const site = await startSite(t);
    const context = await openBrowser(t, { javaScriptEnabled: false });
    const page = await context.newPage();
    const odd = watch(page, site);
    await page.goto(site.url);
    // The page loads itself anew until then.
    await page.getByRole('link', { name: 'tests #1' }).waitFor();
    await page.getByText('line 1', { exact: false }).first().waitFor();
    await picture(page, 'overview');
    t.is(await page.title(), 'blue – bbctl');

    const follower = await context.newPage();
    odd.push(...watch(follower, site));
    await follower.goto(`${site.url}/builds/1`, { waitUntil: 'commit' });
    await follower.getByText('line 1', { exact: false }).last().waitFor();
    t.is(await follower.getByText('Ended after').count(), 0);
    site.goOn();
    await follower.getByText('Ended after').waitFor();
    t.regex(await follower.locator('main').innerText(), /line 1\s+line 2/);
    await picture(follower, 'build');

    await page.locator('tr', { hasText: 'tests' }).getByText('success').waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    await picture(page, 'phone');
    for (const one of [page, follower]) t.regex(await one.title(), /bbctl$/);
    t.deepEqual(odd, []);
    await site.master.stop();
  });

  test('names and logs that are markup stay text, for a browser that runs scripts, and nothing is wider than a phone', async (t) => {
    const site = await startSite(t);
    site.goOn();
    await site.force(hostile);
    const page = await (await openBrowser(t, { viewport: { width: 360, height: 740 } })).newPage();
    const odd = watch(page, site);
    await page.goto(site.url);
    await page.locator('tr', { hasText: hostile }).getByText('success').waitFor();
    t.is(await page.title(), 'blue – bbctl');
    t.false(await isWiderThanScreen(page));
    for (const path of ['/builds/1', '/builds/2', '/drain', '/builds/999']) {
      await page.goto(site.url + path);
      t.regex(await page.title(), /bbctl$|No such build/);
      t.is(await page.locator('script').count(), 0);
      t.false(await isWiderThanScreen(page));
    }
    t.deepEqual(odd, []);
    await site.master.stop();
  });

  test('a master is drained by the button and the token alone, not by a page of another site', async (t) => {
    const site = await startSite(t);
    const page = await (await openBrowser(t)).newPage();
    await page.goto(site.url);
    await page.getByRole('link', { name: 'tests #1' }).waitFor();

    const elsewhere = createServer((_, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<form method="post" action="${site.url}/drain"><input name="method" value="drain"><input name="token" value="${token}"><button>go</button></form>`);
    }).listen(0, '127.0.0.1');
    t.teardown(() => elsewhere.close());
    await new Promise((resolve) => elsewhere.once('listening', resolve));
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
    await page.getByRole('button').click();
    await page.getByText('This came from another site, and was not done.').waitFor();

    await page.goto(site.url);
    await page.getByText('Drain this master…').click();
    await page.getByLabel('Token').fill('not it');
    await page.getByRole('button').click();
    await page.getByText('That is not the token.').waitFor();
    t.is(await (await fetch(`${site.url}/healthz/ready`)).text(), 'active\n');
    await page.getByLabel('Token').fill(token);
    await picture(page, 'drain');
    await page.getByRole('button').click();
    await page.getByText('Draining: look, or cancel…').click();
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button').click();
    await page.getByText('Drain this master…').click();
    t.is(await (await fetch(`${site.url}/healthz/ready`)).text(), 'active\n');
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button').click();
    await page.getByText('Draining: look, or cancel…').waitFor();
    site.goOn();
    await site.master.logged('left the cluster');
  }); // prettier-ignore
}
