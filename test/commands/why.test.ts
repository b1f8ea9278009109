import { rmSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { bbctl, temporaryHome, type CliOptions } from '../_helpers/cli.js';
import { deadMaster, heartbeat, stuckRequest } from '../_helpers/clusters.js';
import { diffDumps, engines, type TestDatabase } from '../_helpers/database.js';

interface Told {
  readonly requests: readonly {
    readonly request: number;
    readonly builder: string;
    readonly links: readonly { name: string; state: string; message: string; fix: string[] }[];
  }[];
}

async function crashed(t: ExecutionContext, engine = engines[0] ?? 'sqlite'): Promise<{ db: TestDatabase; options: CliOptions }> {
  const db = await deadMaster(t, engine);
  const home = temporaryHome();
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  return { db, options: { db: db.url, home } };
} // prettier-ignore

async function why(options: CliOptions, ...args: string[]): Promise<Told['requests']> {
  return ((await bbctl(['why', ...args, '--json'], options)).json() as Told).requests;
}

const end = (told: Told['requests'][number] | undefined) => told?.links.at(-1);

for (const engine of engines) {
  test(`${engine}: a request that is stuck, one that is built, one that is complete`, async (t) => {
    const { db, options } = await crashed(t, engine);
    const before = await db.dump();
    const id = await stuckRequest(db);
    const [stuck] = await why(options, String(id));
    t.like(end(stuck), { name: 'claim', state: 'breaks' });
    t.regex(end(stuck)?.fix[0] ?? '', /^bbctl masters expire /);
    const [complete] = await db.query('SELECT MIN(id) AS id FROM buildrequests WHERE complete = 1');
    t.like(end((await why(options, String(complete?.id)))[0]), { name: 'request', state: 'built' });
    t.deepEqual(diffDumps(before, await db.dump()), []);
    await heartbeat(db);
    t.like(end((await why(options, String(id)))[0]), { name: 'claim', state: 'built' });
  });

  test(`${engine}: the oldest pending request of a builder, and all of a buildset`, async (t) => {
    const { db, options } = await crashed(t, engine);
    await heartbeat(db);
    const [pending] = await db.query(
      `SELECT MIN(r.id) AS id, MIN(r.buildsetid) AS buildset FROM buildrequests r JOIN builders b ON b.id = r.builderid
       WHERE b.name = 'starved' AND r.complete = 0`,
    );
    const [asked] = await why(options, 'starved');
    t.is(asked?.request, Number(pending?.id));
    t.like(end(asked), { name: 'connections', state: 'breaks', fix: ['bbctl workers --connected'] });
    const set = await why(options, '--buildset', String(pending?.buildset));
    t.true(set.some(({ request }) => request === Number(pending?.id)));
    await db.query('DELETE FROM buildset_sourcestamps WHERE buildsetid = ?', [Number(pending?.buildset)]);
    t.is(end((await why(options, 'starved'))[0])?.name, 'source');
  });
}

test('in one screen, with the command that mends it last', async (t) => {
  const { db, options } = await crashed(t);
  const { status, stdout, stderr } = await bbctl(['why', String(await stuckRequest(db))], options);
  t.like({ status, stderr }, { status: 0, stderr: '' });
  t.regex(stdout, /^✓ Request \d+ was submitted [\s\S]*\n✗ It was claimed [\s\S]*\n {4}bbctl masters expire \S+\n$/);
  t.true(stdout.split('\n').length < 24);
});

test('what is not there, and what is not said', async (t) => {
  const { options } = await crashed(t);
  for (const args of [['999999'], ['nobody'], ['--buildset', '999999'], ['quick-of-nobody']])
    t.is((await bbctl(['why', ...args], options)).status, 3, args.join(' '));
  for (const args of [[], ['--buildset', 'x'], ['1', '--buildset', '1'], ['--nonsense'], ['1', '2']])
    t.is((await bbctl(['why', ...args], options)).status, 2, args.join(' '));
});
