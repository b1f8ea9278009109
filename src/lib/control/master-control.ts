/*
 * Does things to a master by what `cluster.yaml` says: a signal, a command, or bbctl's own REST. What it tells is only what
 * it did: whether the master has heeded it, the database tells.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../errors.js';
import type { Control, ControlVerb, MasterKind } from '../model/inventory.js';
import { printable } from '../model/names.js';
import { commandFailure, endOfCommand, runCommand } from './command.js';
import { isThere, processOf } from './master-process.js';
import type { ExpectedMaster, MasterProcess } from './master-process.js';
import { RestClient } from './rest-client.js';
import { signalMaster } from './signal.js';

/** How one master is controlled. */
export interface Controlled {
  /** `masters.id`, by which REST calls it. */
  readonly id: number;
  readonly key: string;
  readonly kind: MasterKind;
  readonly control: Readonly<Partial<Record<ControlVerb, Control>>>;
  /** The `cluster.yaml`, absolute: its folder is where programs are run. */
  readonly file: string;
  readonly tokenFile: string | null;
}

export type Way = 'signal' | 'command' | 'rest';

/** `error` is `null` where what is given was done without complaint. */
export interface CarriedOut {
  readonly verb: ControlVerb | 'cancelDrain';
  readonly way: Way;
  readonly error: Failure | null;
}

export type Presence = 'running' | 'gone' | 'unknown';

const commandWithinMs = 60_000;
const goneStatus = 3;

export class MasterControl {
  private readonly master: Controlled;

  constructor(master: Controlled) {
    this.master = master;
  }

  /** Never throws a `Failure`. There must be a control for the verb. */
  async carryOut(verb: ControlVerb): Promise<CarriedOut> {
    const control = this.master.control[verb];
    if (!control) throw new Error(`${this.master.key} has no control.${verb}`);
    return { verb, way: wayOf(control), error: await failureOf(() => this.act(verb, control)) };
  }

  /** Only a master of bbctl's own can. One that was not draining says so. Never throws a `Failure`. */
  async cancelDrain(): Promise<CarriedOut> {
    const { drain, stop } = this.master.control;
    const rest = [drain, stop].flatMap((control) => (control && 'http' in control ? [control.http] : []))[0];
    const why = `${printable(this.master.key)} cannot be asked over REST, by which alone a drain is taken back`;
    const error = await failureOf(() => {
      if (rest === undefined) throw new Failure('refused', why);
      return this.order(rest, 'cancelDrain');
    });
    return { verb: 'cancelDrain', way: 'rest', error };
  }

  /** By `control.status`, else by the process of a pid file that another action names, else by whether it answers. */
  async presence(): Promise<Presence> {
    const { status } = this.master.control;
    if (status && 'exec' in status) return this.presenceByCommand(status);
    const process = this.process();
    if (process !== null) return 'running';
    const web = Object.values(this.master.control).find((control) => 'http' in control);
    // Who does not answer may only be slow, or cut off.
    return web && 'http' in web && (await new RestClient(web.http).isThere()) ? 'running' : 'unknown';
  }

  /** As a pid file names it, checked; `null`: there is none, or not on this machine. */
  process(): MasterProcess | null {
    const signal = Object.values(this.master.control).find((control) => 'pidFile' in control);
    if (!signal || !('pidFile' in signal)) return null;
    try {
      return processOf(signal.pidFile, this.expected);
    } catch (error) {
      if (error instanceof Failure) return null;
      throw error;
    }
  }

  /** Is the process that was there before gone? Without one, what `presence` says. */
  async presenceAfter(before: MasterProcess | null): Promise<Presence> {
    if (before === null) return this.presence();
    return isThere(before) ? 'running' : 'gone';
  }

  private get folder(): string {
    return path.dirname(this.master.file);
  }

  private get expected(): ExpectedMaster {
    const { kind, key, file } = this.master;
    return { kind, key, file };
  }

  private async act(verb: ControlVerb, control: Control): Promise<void> {
    if ('http' in control) await this.order(control.http, verb);
    else if ('exec' in control) await runCommand(control.exec, this.optionsOf(control));
    else signalMaster(control.pidFile, control.signal, this.expected);
  }

  private order(url: string, method: string): Promise<unknown> {
    return new RestClient(url, this.token()).call(`masters/${this.master.id}`, method);
  }

  private token(): string | null {
    const { tokenFile } = this.master;
    if (tokenFile === null) return null;
    try {
      return readFileSync(tokenFile, 'utf8').trim();
    } catch (error) {
      throw new Failure('refused', `The tokenFile cannot be read: ${(error as Error).message}`, { cause: error });
    }
  }

  private optionsOf({ timeoutMs }: { readonly timeoutMs?: number }) {
    return { cwd: this.folder, timeoutMs: timeoutMs ?? commandWithinMs };
  }

  /** Throws a `Failure` for what it cannot run: a mistake in `cluster.yaml` must not look like an answer. */
  private async presenceByCommand(control: Extract<Control, { exec: readonly string[] }>): Promise<Presence> {
    const options = this.optionsOf(control);
    const end = await endOfCommand(control.exec, options);
    if (end.isLate) throw commandFailure(control.exec[0] ?? '', end, options.timeoutMs);
    if (end.status === 0) return 'running';
    return end.status === goneStatus ? 'gone' : 'unknown';
  }
}

export function wayOf(control: Control): Way {
  if ('http' in control) return 'rest';
  return 'exec' in control ? 'command' : 'signal';
}

async function failureOf(work: () => Promise<unknown>): Promise<Failure | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}
