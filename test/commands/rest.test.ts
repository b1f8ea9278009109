/* The examples of docs/rest.md, as they are typed. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { bbctl } from '../_helpers/cli.js';
import { emptyDatabase } from '../_helpers/database.js';
import { temporaryFolder } from '../_helpers/gate-hooks.js';
import { until } from '../_helpers/buildbot/until.js';
import { siteOn } from '../_helpers/site.js';
import { startMasterProcess } from '../_helpers/master-process.js';

const config = `expireAfter: 5s
tokenFile: token
masters: {blue: {name: blue, listen: 0}}
workers: {local: {local: true}}
builders: {tests: {workers: [local], steps: [{shell: "echo out; echo more"}]}}
schedulers: {force: {type: force, builders: [tests]}}
`;

test('what docs/rest.md shows works: all is read, a build is forced, the master drains', async (t) => {
  const db = await emptyDatabase('sqlite');
  t.teardown(() => db.close());
  await bbctl(['db', 'init', '--yes'], { db: db.url });
  const home = await temporaryFolder(t);
  const file = path.join(home, 'cluster.yaml');
  writeFileSync(file, `database: ${db.url}\n${config}`);
  writeFileSync(path.join(home, 'token'), 'open sesame\n', { mode: 0o600 });
  const blue = startMasterProcess(t, { file, key: 'blue', home });
  const { http } = await blue.logged('listening');
  await blue.logged('joined the cluster');
  const blocks = [...readFileSync('docs/rest.md', 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = '']) => block);
  const commands = blocks.flatMap((block) => block.split(/\n(?=curl)/)).map((command) => command.trim());
  t.is(commands.length, 8);
  const answers: string[] = [];
  for (const command of commands) {
    const { stdout } = await promisify(execFile)('sh', ['-c', command.replaceAll('127.0.0.1:8010', String(http))], { cwd: home });
    answers.push(stdout);
  }
  const [builders, , , , , metrics, forced, drained] = answers;
  t.like(JSON.parse(builders ?? ''), { builders: [{ name: 'tests', tags: [] }], meta: { total: 1 } });
  t.regex(metrics ?? '', /^bbctl_requests_pending\{master="blue"\} 0$/m);
  t.regex(metrics ?? '', /^bbctl_request_claim_seconds_bucket\{le="\+Inf",master="blue"\} 0$/m);
  t.deepEqual(JSON.parse(forced ?? ''), { jsonrpc: '2.0', id: 1, result: [1, { 1: 1 }] });
  t.deepEqual(JSON.parse(drained ?? ''), { jsonrpc: '2.0', id: 2, result: null });
  await until('it has left', () => blue.exitCode === 0);
  const { get, text } = await siteOn(t, db.url);
  t.like((await get('builds/1')).body, { builds: [{ complete: true, results: 0, number: 1 }] });
  const log = 'builders/tests/builds/1/steps/0/logs/stdio';
  t.regex((await text(`${log}/raw`)).text, /\nout\nmore\n/);
  t.regex((await text(`${log}/contents`)).text, /\\noout\\nomore\\n/);
}); // prettier-ignore
