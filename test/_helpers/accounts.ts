import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { TestDatabase } from './database.js';

export interface Account {
  user: string;
  password: string;
  /** The database's address for this account. */
  url: string;
  withoutPassword: string;
}

/** An account on the server of a test's database, which may do there what `grant` says. */
export async function account(
  t: ExecutionContext,
  db: TestDatabase,
  grant: 'all' | 'select' | 'none',
): Promise<Account> {
  const user = `u_${randomBytes(4).toString('hex')}`;
  const password = `p@ss:w/${randomBytes(6).toString('hex')}%`;
  const { host, pathname, protocol } = new URL(db.url);
  if (db.engine === 'postgres') {
    await db.exec(`CREATE ROLE ${user} LOGIN PASSWORD '${password}'`);
    if (grant !== 'none')
      await db.exec(`GRANT ${grant} ON ALL TABLES IN SCHEMA public TO ${user};
        GRANT ${grant} ON ALL SEQUENCES IN SCHEMA public TO ${user}`);
    t.teardown(() => db.exec(`DROP OWNED BY ${user}; DROP ROLE ${user}`));
  } else {
    await db.exec(`CREATE USER '${user}'@'%' IDENTIFIED BY '${password}'`);
    if (grant !== 'none') await db.exec(`GRANT ${grant} ON ${pathname.slice(1)}.* TO '${user}'@'%'`);
    t.teardown(() => db.exec(`DROP USER '${user}'@'%'`));
  }
  const at = (credentials: string): string => `${protocol}//${credentials}@${host}${pathname}`;
  return {
    user,
    password,
    url: at(`${user}:${encodeURIComponent(password)}`),
    withoutPassword: at(user),
  };
}
