import * as postgres from './postgres-databases.js';
import { startPostgres, type PostgresServer } from './postgres.js';
import type { Settings } from './settings.js';
import * as sqlite from './sqlite-databases.js';

/** What measures stand on. Each database is made when a measure first asks for it. */
export class Bench {
  readonly settings: Settings;
  readonly say: (text: string) => void;
  private server: Promise<PostgresServer> | undefined;
  private readonly made = new Map<string, Promise<string>>();

  constructor(settings: Settings, say: (text: string) => void) {
    this.settings = settings;
    this.say = say;
  }

  get dir(): string {
    return this.settings.dir;
  }

  postgres(): Promise<PostgresServer> {
    return (this.server ??= startPostgres(this.dir));
  }

  emptyPostgres(): Promise<string> {
    return this.once('an empty PostgreSQL database', async () => postgres.ensureEmpty(await this.postgres()));
  }

  bigPostgres(): Promise<string> {
    const { scale } = this.settings;
    return this.once('the big PostgreSQL database', async () => postgres.ensureBig(await this.postgres(), scale));
  }

  crashedPostgres(): Promise<string> {
    return this.once('its copy with a dead master', async () =>
      postgres.ensureCrashed(await this.postgres(), await this.bigPostgres(), this.settings.scale),
    );
  }

  emptySqlite(): Promise<string> {
    return this.once('an empty SQLite database', () => Promise.resolve(sqlite.ensureEmpty(this.dir)));
  }

  bigSqlite(): Promise<string> {
    return this.once('the big SQLite database', () => Promise.resolve(sqlite.ensureBig(this.dir, this.settings.scale)));
  }

  fixtureSqlite(): Promise<string> {
    return this.once('a SQLite fixture', () => Promise.resolve(sqlite.ensureFixture(this.dir)));
  }

  async close(): Promise<void> {
    await (await this.server?.catch(() => undefined))?.stop();
  }

  private once(what: string, make: () => Promise<string>): Promise<string> {
    const already = this.made.get(what);
    if (already) return already;
    const started = performance.now();
    const making = make().then((name) => {
      this.say(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
      return name;
    });
    this.made.set(what, making);
    return making;
  }
}
