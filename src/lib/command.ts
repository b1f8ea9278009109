import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import type { Interfaces } from '@oclif/core';
import { Database } from './db/connect.js';
import { readCluster } from './db/snapshot.js';
import type { SnapshotOptions } from './db/snapshot.js';
import { Failure, exitStatuses } from './errors.js';
import type { Cluster } from './model/cluster.js';
import type { Inventory } from './model/inventory.js';
import { parseDuration } from './model/duration.js';
import { defaultExpireAfterSeconds, lateAfterSeconds } from './model/master.js';
import { printable, printableJson } from './model/names.js';
import { journalDirectory, resolveInventory, resolveSettings } from './settings.js';
import type { Settings, SettingsInput } from './settings.js';
import { selectRows } from './ui/list.js';
import type { Column, ListOptions } from './ui/list.js';
import { errorColour } from './ui/terminal.js';
import type { Look } from './ui/watch-outlets.js';
import { withWatchSeconds } from './watch-flag.js';

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>;
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

const duration = Flags.custom<number>({ parse: (text) => Promise.resolve(parseDuration(text)) });

/** A flag like `--timeout 30s`; its value is in seconds. */
export function durationFlag(
  description: string,
  seconds: number,
  shown: string,
  helpGroup?: string,
): Interfaces.OptionFlag<number> {
  const help = {
    description,
    helpValue: 'DURATION',
    defaultHelp: () => Promise.resolve(shown),
    ...(helpGroup ? { helpGroup } : {}),
  };
  return duration({ ...help, default: seconds } as never);
}

/** For commands that print a table. */
export const listFlags = {
  columns: Flags.string({
    description: 'columns to show, separated by commas',
    helpGroup: 'OUTPUT',
    helpValue: 'COLUMNS',
  }),
  sort: Flags.string({
    description: 'columns to sort by, "-" before one to turn it round',
    helpGroup: 'OUTPUT',
    helpValue: 'COLUMNS',
  }),
  filter: Flags.string({
    description: 'only rows with this, * stands for anything; may be repeated',
    helpGroup: 'OUTPUT',
    helpValue: 'COLUMN=TEXT',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** How failures look, with and without `--json`; the same for every command. */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {};

  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;
  /** Every word, for commands that take several names. */
  protected words: string[] = [];

  override async init(): Promise<void> {
    await super.init();
    const { args, flags, argv } = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (this.ctor as typeof BaseCommand).baseFlags,
      args: fromCommandLine(this.ctor.args),
      strict: this.ctor.strict,
      enableJsonFlag: this.ctor.enableJsonFlag,
    });
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    this.words = argv as string[];
  }

  /** Text from the database must not reach a terminal as it is, under `--json` neither. */
  override logJson(json: unknown): void {
    process.stdout.write(`${printableJson(JSON.stringify(json, null, 2))}\n`);
  }

  /** Is a part of the list asked for, or its order? */
  protected get isSelective(): boolean {
    const { filter, sort } = this.flags as unknown as ListOptions;
    return filter !== undefined || sort !== undefined;
  }

  /** Prints the rows that are asked for and returns them. */
  protected async list<Row extends object>(
    rows: readonly Row[],
    columns: readonly Column<Row>[],
    empty: string,
  ): Promise<Row[]> {
    const options = this.flags as unknown as ListOptions;
    const selected = selectRows(rows, columns, options);
    if (this.jsonEnabled()) return selected;
    // Measuring text costs start-up time that cron and monitoring need not wait for.
    const { renderList } = await import('./ui/table.js');
    this.log(renderList(selected, columns, options, rows.length > 0 ? 'Nothing matches the filter.' : empty));
    return selected;
  }

  protected override async catch(error: Error): Promise<void> {
    process.exitCode = this.statusOf(error);
    if (this.jsonEnabled()) return this.logJson(this.toErrorJson(error));
    const isExpected = error instanceof Failure || exitOf(error) !== undefined;
    process.stderr.write(isExpected ? failureText(error) : bugText(error));
    return Promise.resolve();
  }

  /** The exit status of a failure; anything that is not expected is a bug. */
  protected statusOf(error: Error): number {
    return error instanceof Failure ? error.exitCode : (exitOf(error) ?? exitStatuses.bug);
  }

  protected override toErrorJson(error: Error): unknown {
    if (error instanceof Failure)
      return { error: { code: error.code, message: error.message, ...(error.try ? { try: error.try } : {}) } };
    return { error: { code: (error as { oclif?: unknown }).oclif ? 'usage' : 'bug', message: error.message } };
  }
}

/** What oclif says of a wrong call. */
function exitOf(error: Error): number | undefined {
  return (error as { oclif?: { exit?: number } }).oclif?.exit;
}

/** oclif takes an argument that is missing from stdin: in a loop that reads a file it would be its next line. */
function fromCommandLine(args: Interfaces.ArgInput): Interfaces.ArgInput {
  return Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, { ...arg, ignoreStdin: true }]));
}

function failureText(error: Error): string {
  const lines = [`${errorColour.red('Error:')} ${printableLines(error.message)}`];
  if (error instanceof Failure && error.try) lines.push(printableLines(error.try));
  return `${lines.join('\n')}\n`;
}

function printableLines(text: string): string {
  return text.replaceAll('\t', '  ').split('\n').map(printable).join('\n');
}

function bugText(error: Error): string {
  return `${errorColour.red('This is a bug in bbctl.')} Please report it with the command and the lines below.\n${printableLines(error.stack ?? error.message)}\n`;
}

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
    this.found ??= await this.findDatabase();
    const options = {
      access,
      timeoutMs: Math.round(this.timeoutSeconds * 1000),
      purpose: (this.id ?? '').replaceAll(':', ' '),
    };
    const database = await Database.open(this.found.location, options);
    this.opened.push(database);
    if (access === 'read') this.reading = database;
    return database;
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

  private async closeDatabases(): Promise<void> {
    this.reading = undefined;
    await Promise.all(this.opened.splice(0).map((database) => database.close()));
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    await this.closeDatabases();
    await super.finally(error);
  }
}
