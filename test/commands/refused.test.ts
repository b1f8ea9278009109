import test from 'ava';
import { bbctl } from '../_helpers/cli.js';
import { diffDumps, engines } from '../_helpers/database.js';
import { killedMaster } from '../_helpers/killed.js';

for (const engine of engines) {
  test(`${engine}: what is unsafe is refused with status 4, a reason, and a way out`, async (t) => {
    const { db, name, claimed, build } = await killedMaster(t, engine, 0);
    const before = await db.dump();
    const refused = async (args: string[], message: string, way: string) => {
      const plain = await bbctl([...args, '--yes'], { db: db.url });
      t.is(plain.status, 4, args.join(' '));
      t.true(oneLine(plain.stderr).includes(message), plain.stderr);
      t.true(oneLine(plain.stderr).includes(way), plain.stderr);
      const json = await bbctl([...args, '--yes', '--json'], { db: db.url });
      t.is(json.status, 4, args.join(' '));
      t.like(json.json(), { error: { code: 'refused', message, try: way } });
    };
    await refused(
      ['services', 'release', 'any'],
      `Scheduler any is held by ${name}, which is alive: it would go on running it, and another master would run it too.`,
      'Stop that master; a master that stops cleanly gives its services back.',
    );
    await refused(
      ['requests', 'cancel', `${claimed}`],
      `Request ${claimed} is claimed by ${name}, which is active: it may be building it.`,
      'Stop the build in the web interface of that master.',
    );
    await refused(
      ['builds', 'finish', `${build}`],
      `Build ${build} belongs to ${name}, which is active: it may be running.`,
      'Stop it in the web interface of that master.',
    );
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
