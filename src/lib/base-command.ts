import { Command } from '@oclif/core/command';
import type { Interfaces } from '@oclif/core';
import { Failure, exitStatuses } from './errors.js';
import { printable, printableJson } from './model/names.js';
import { selectRows } from './ui/list.js';
import type { Column, ListOptions } from './ui/list.js';
import { errorColour } from './ui/terminal.js';

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>;
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

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

/** As people read it, with the way out. */
export function failureText(error: Error): string {
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
