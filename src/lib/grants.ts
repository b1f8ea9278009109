import type { Database } from './db/connect.js';
import { permissionsOf } from './db/file-permissions.js';
import type { FilePermission } from './db/file-permissions.js';
import { readGrants } from './db/grants.js';
import { Failure } from './errors.js';
import type { UserClass } from './model/privileges.js';

export interface GrantsInput {
  readonly userClass: UserClass;
  /** `undefined` for the one of the class. */
  readonly user: string | undefined;
  readonly host: string | undefined;
}

/** What `bbctl grants --json` prints. */
export interface GrantsAnswer {
  readonly engine: 'sqlite' | 'postgres' | 'mysql';
  readonly class: UserClass;
  /** `null` on SQLite, which has files instead. */
  readonly user: string | null;
  /** Makes the user; it still lacks a password. */
  readonly create: string | null;
  readonly statements: readonly string[];
  readonly files: readonly FilePermission[];
}

export async function grantsFor(database: Database, input: GrantsInput): Promise<GrantsAnswer> {
  const { location } = database;
  const { userClass, user = `bbctl_${userClass}`, host } = input;
  const nobody = { engine: location.engine, class: userClass, user: null, create: null, statements: [], files: [] };
  if (host !== undefined && location.engine !== 'mysql') {
    throw new Failure('usage', '--host is for MySQL and MariaDB.', { try: 'Leave it out.' });
  }
  if (location.engine !== 'sqlite') {
    return { ...nobody, user, ...(await readGrants(database, userClass, { user, host: host ?? '%' })) };
  }
  if (user === `bbctl_${userClass}`) return { ...nobody, files: permissionsOf(location.file, userClass) };
  throw new Failure('usage', 'SQLite has no users: --user means nothing there.', { try: 'Leave it out.' });
}
