import pgpass from 'pgpass';
import type { ServerLocation } from './url.js';

/** The password: of the URL, else `PGPASSWORD` or `MYSQL_PWD`, else (PostgreSQL) of `~/.pgpass`. */
export async function findPassword(location: ServerLocation): Promise<string | undefined> {
  if (location.password !== null) return location.password;
  const variable = location.engine === 'postgres' ? 'PGPASSWORD' : 'MYSQL_PWD';
  return process.env[variable] ?? (location.engine === 'postgres' ? fromPgpass(location) : undefined);
}

function fromPgpass({ host, port, user, database }: ServerLocation): Promise<string | undefined> {
  return new Promise((resolve) => pgpass({ host, port, user, database }, resolve));
}
