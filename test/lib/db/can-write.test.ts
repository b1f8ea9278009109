// Who cannot write is told so before anything depends on it; who can has written nothing.
import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import test from 'ava';
import { whyNotWritable } from '../../../src/lib/db/can-write.js';
import { parseDatabaseUrl } from '../../../src/lib/db/url.js';
import { account } from '../../_helpers/accounts.js';
import { deadMaster } from '../../_helpers/clusters.js';
import { diffDumps, engines } from '../../_helpers/database.js';
import { granted } from '../../_helpers/granted.js';
import { someoneElse } from '../../_helpers/someone-else.js';

const ask = (url: string, timeoutMs = 10_000): Promise<string | null> =>
  whyNotWritable(parseDatabaseUrl(url), { timeoutMs, purpose: 'test' });

for (const engine of engines) {
  test(`${engine}: who may write is told nothing, and has written nothing`, async (t) => {
    const db = await deadMaster(t, engine);
    const before = await db.dump();
    t.is(await ask(db.url), null);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}

for (const engine of engines.filter((one) => one !== 'sqlite')) {
  test(`${engine}: the rights to repair are enough, and none of those that an expiry needs may be missing`, async (t) => {
    const db = await deadMaster(t, engine);
    const who = await granted(t, db, 'repair');
    t.is(await ask(who.url), null);
    const needed = who.rights.filter(({ name }) => /^(UPDATE \(\W?(active|complete_at)\W?\)|DELETE) on .*\W(masters|builds|steps|buildrequest_claims|builder_masters|scheduler_masters|connected_workers)\W/.test(name)); // prettier-ignore
    t.true(needed.length >= 6, needed.map(({ name }) => name).join());
    for (const right of needed) {
      await right.revoke();
      t.regex((await ask(who.url)) ?? 'it may', /may not do that/, right.name);
      await right.grant();
    }
    t.is(await ask(who.url), null);
  });

  test(`${engine}: a user who may only read is told so`, async (t) => {
    const db = await deadMaster(t, engine);
    t.regex((await ask((await account(t, db, 'select')).url)) ?? '', /may not do that/);
  });
}

for (const engine of engines.filter((one) => one === 'postgres')) {
  test(`${engine}: a database that is read-only is told`, async (t) => {
    const db = await deadMaster(t, engine);
    await db.exec(`ALTER DATABASE ${new URL(db.url).pathname.slice(1)} SET default_transaction_read_only = on`);
    t.regex((await ask(db.url)) ?? '', /cannot be written: .*read-only/);
  });
}

/** Root may write everything. */
function askAsSomeoneElse(url: string): string | null {
  const program = `
    import { whyNotWritable } from '${import.meta.resolve('../../../src/lib/db/can-write.js')}';
    import { parseDatabaseUrl } from '${import.meta.resolve('../../../src/lib/db/url.js')}';
    const why = await whyNotWritable(parseDatabaseUrl(process.argv[1]), { timeoutMs: 5000, purpose: 'test' });
    process.stdout.write(JSON.stringify(why));`;
  const [command = '', ...words] = [...someoneElse, process.execPath, '--input-type=module', '-e', program, url];
  return JSON.parse(execFileSync(command, words, { cwd: '/', encoding: 'utf8' })) as string | null;
}

for (const [what, modes, why] of [
  ['a file that this user may not write', [0o777, 0o444], /cannot be written/],
  ['a folder that this user may not write', [0o555, 0o666], /Nothing can be written beside the database/],
] as const) {
  test(`sqlite: ${what} is told`, async (t) => {
    const db = await deadMaster(t, 'sqlite');
    await db.exec('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
    const file = db.url.replace('sqlite:///', '');
    const before = await db.dump();
    t.teardown(() => chmodSync(dirname(file), 0o755));
    chmodSync(file, 0o666);
    chmodSync(dirname(file), 0o777);
    t.is(askAsSomeoneElse(db.url), null);
    chmodSync(file, modes[1]);
    chmodSync(dirname(file), modes[0]);
    t.regex(askAsSomeoneElse(db.url) ?? '', why);
    t.deepEqual(diffDumps(before, await db.dump()), []);
  });
}
