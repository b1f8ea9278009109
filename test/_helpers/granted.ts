// Users with exactly the rights that `bbctl grants` prints, and what they are with one of them taken away.
import type { ExecutionContext } from 'ava';
import { account, type Account } from './accounts.js';
import { bbctl } from './cli.js';
import type { TestDatabase } from './database.js';
import type { UserClass } from '../../src/lib/model/privileges.js';

export interface Granted extends Account {
  rights: readonly Right[];
}

/** One privilege on one thing. */
export interface Right {
  name: string;
  revoke(): Promise<void>;
  grant(): Promise<void>;
}

/** The printed SQL is pasted by the administrator; what everybody has by default counts for nothing. */
export async function granted(t: ExecutionContext, db: TestDatabase, userClass: UserClass): Promise<Granted> {
  if (db.engine === 'postgres') {
    const [row] = await db.query('SELECT current_database() AS name');
    await db.exec(`REVOKE ALL ON DATABASE ${String(row?.name)} FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC`);
  }
  const who = await account(t, db, 'none');
  const printed = await bbctl(['grants', userClass, '--user', who.user], { db: db.url });
  t.is(printed.status, 0, printed.stderr);
  await db.exec(printed.stdout);
  const statements = printed.stdout
    .replace(/^--.*\n/gm, '')
    .split(';\n')
    .slice(0, -1);
  return { ...who, rights: statements.flatMap((statement) => rightsOf(db, statement)) };
}

/** A GRANT gives several privileges on several things: `UPDATE ("a", "b")` is two. */
function rightsOf(db: TestDatabase, statement: string): Right[] {
  const parts = /^GRANT (.*) ON (TABLE |SEQUENCE |SCHEMA |DATABASE |)(.*) TO (.*)$/.exec(statement);
  if (!parts) throw new Error(`not understood: ${statement}`);
  const [, privileges = '', kind = '', things = '', user = ''] = parts;
  const each = privileges.split(/, (?![^(]*\))/).flatMap((privilege) => {
    const [, verb = '', columns = ''] = /^(\w+) \((.*)\)$/.exec(privilege) ?? [];
    return verb === '' ? [privilege] : columns.split(', ').map((column) => `${verb} (${column})`);
  });
  return things.split(', ').flatMap((thing) =>
    each.map((privilege) => ({
      name: `${privilege} on ${thing}`,
      revoke: () => db.exec(`REVOKE ${privilege} ON ${kind}${thing} FROM ${user}`),
      grant: () => db.exec(`GRANT ${privilege} ON ${kind}${thing} TO ${user}`),
    })),
  );
}
