import * as Flags from '@oclif/core/flags';
import type { Command, Interfaces } from '@oclif/core';
import { BaseCommand, failureText } from './base-command.js';
import { Database } from './db/connect.js';
import type { Location } from './db/url.js';
import { readCluster } from './db/snapshot.js';
import type { SnapshotOptions } from './db/snapshot.js';
import { durationFlag } from './duration-flag.js';
import { Failure } from './errors.js';
import type { Cluster } from './model/cluster.js';
import type { Inventory } from './model/inventory.js';
import { defaultExpireAfterSeconds, lateAfterSeconds } from './model/master.js';
import { printable } from './model/names.js';
import { journalDirectory, resolveInventory, resolveSettings } from './settings.js';
import type { Settings, SettingsInput } from './settings.js';
import type { Look } from './ui/watch-outlets.js';
import { withWatchSeconds } from './watch-flag.js';

/** A command that looks at a cluster. */
export abstract class ClusterCommand<T extends typeof Command> extends BaseCommand<T> {
  static override baseFlags = {
    db: Flags.string({
      description: "database URL, as in Buildbot's configuration [env: BBCTL_DB]",
      helpGroup: 'CLUSTER',
      helpValue: 'URL',
    }),
    context: Flags.string({
      description: 'a named database, see "bbctl contexts" [env: BBCTL_CONTEXT]',
      helpGroup: 'CLUSTER',
      helpValue: 'NAME',
    }),
    basedir: Flags.string({
      description: 'base directory of a Buildbot master that uses it',
      helpGroup: 'CLUSTER',
      helpValue: 'DIR',
    }),
    config: Flags.string({
      description: 'cluster.yaml: what the cluster is meant to have [env: BBCTL_CONFIG]',
      helpGroup: 'CLUSTER',
      helpValue: 'FILE',
    }),
    'load-config': Flags.boolean({
      description: 'let Buildbot load master.cfg in the base directory (this runs it)',
      helpGroup: 'CLUSTER',
      default: false,
    }),
    'expire-after': durationFlag('silence after which a master is dead', defaultExpireAfterSeconds, '10m', 'CLUSTER'),
    timeout: durationFlag('longest time that the database may take for a statement', 30, '30s', 'CLUSTER'),
  };

  private opened: Database[] = [];
  private reading: Database | undefined;
  private found: Settings | undefined;
  /** What a look prints, where it is watched. */
  private printed: string[] | undefined;

  private get clusterFlags(): Interfaces.InferredFlags<typeof ClusterCommand.baseFlags> {
    return this.flags as never;
  }

  protected get expireAfter(): number {
    const seconds = Number(this.clusterFlags['expire-after']);
    if (seconds >= lateAfterSeconds) return seconds;
    throw new Failure(
      'usage',
      `--expire-after may not be less than ${lateAfterSeconds}s: a living master can be silent for that long.`,
    );
  }

  /** For a statement. None at all would be "for ever" to some servers. */
  protected get timeoutSeconds(): number {
    const seconds = Number(this.clusterFlags.timeout);
    if (seconds >= 1) return seconds;
    throw new Failure('usage', '--timeout may not be less than 1s.', { try: 'Leave it out for 30s.' });
  }

  override async init(): Promise<void> {
    this.argv = withWatchSeconds(this.argv);
    await super.init();
  }

  protected get settingsInput(): SettingsInput {
    const { db, context, basedir, config } = this.clusterFlags;
    return {
      db,
      context,
      basedir,
      config,
      loadConfig: this.clusterFlags['load-config'],
      configDir: this.config.configDir,
    };
  }

  /** What the cluster is meant to have, if there is a `cluster.yaml`. */
  protected inventory(): Promise<Inventory | null> {
    return resolveInventory(this.settingsInput);
  }

  protected journalDirectory(): Promise<string> {
    return journalDirectory(this.settingsInput);
  }

  /** One session for reading serves the whole command. */
  protected async openDatabase(access: 'read' | 'write' = 'read'): Promise<Database> {
    if (access === 'read' && this.reading) return this.reading;
    const location = await this.location();
    const options = {
      access,
      timeoutMs: Math.round(this.timeoutSeconds * 1000),
      purpose: (this.id ?? '').replaceAll(':', ' '),
    };
    const database = await Database.open(location, options);
    this.opened.push(database);
    if (access === 'read') this.reading = database;
    return database;
  }

  /** For what needs another session than those, or comes before there is a database. */
  protected async location(): Promise<Location> {
    this.found ??= await this.findDatabase();
    return this.found.location;
  }

  private async findDatabase(): Promise<Settings> {
    const found = await resolveSettings(this.settingsInput);
    if (found.note) this.note(printable(found.note));
    return found;
  }

  protected async readCluster(options: SnapshotOptions = {}): Promise<Cluster> {
    return readCluster(await this.openDatabase(), { ...options, expireAfter: this.expireAfter });
  }

  override log(text = ''): void {
    if (this.printed) this.printed.push(text);
    else super.log(text);
  }

  /** A remark that is no part of what was asked for. */
  protected note(text: string): void {
    if (this.printed && !this.jsonEnabled()) this.printed.push(text);
    else process.stderr.write(`${text}\n`);
  }

  /** Looks once; with `seconds`, again and again. */
  protected async watched<Result>(
    look: () => Promise<Result>,
    seconds: number | undefined,
  ): Promise<Result | undefined> {
    if (seconds === undefined) return look();
    const [{ watch }, { outletFor }] = await Promise.all([import('./watch.js'), import('./ui/watch-outlets.js')]);
    const label = (): string => printable(this.found?.location.label ?? '');
    await watch({
      look: () => this.watchedLook(look),
      describe: (failure) => ({ text: failureText(failure).trimEnd(), value: this.toErrorJson(failure) }),
      outlet: outletFor({ json: this.jsonEnabled(), seconds, label }),
      seconds,
    });
    return undefined;
  }

  /**
   * On a connection of its own: none is held between looks, a server that was restarted is found again, as is a file
   * that was put in the place of another, and the schema may be upgraded meanwhile.
   */
  private async watchedLook(look: () => Promise<unknown>): Promise<Look> {
    const printed: string[] = [];
    this.printed = printed;
    try {
      const value = await look();
      return { text: printed.join('\n'), value };
    } finally {
      await this.closeDatabases();
    }
  }

  /** What is asked next opens a connection of its own. */
  protected async closeDatabases(): Promise<void> {
    this.reading = undefined;
    await Promise.all(this.opened.splice(0).map((database) => database.close()));
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await this.closeDatabases();
    await super.finally(error);
  }
}
