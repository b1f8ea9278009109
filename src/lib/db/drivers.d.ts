// Loading one dialect instead of all halves the time that knex takes to start.
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import type { Knex } from 'knex';
  const client: typeof Knex.Client;
  export default client;
}
declare module 'knex/lib/dialects/postgres/index.js' {
  import type { Knex } from 'knex';
  const client: typeof Knex.Client;
  export default client;
}
declare module 'knex/lib/dialects/mysql2/index.js' {
  import type { Knex } from 'knex';
  const client: typeof Knex.Client;
  export default client;
}
declare module 'pgpass' {
  interface Connection {
    host: string;
    port: number;
    user: string;
    database: string;
  }
  export default function pgpass(connection: Connection, done: (password: string | undefined) => void): void;
}
