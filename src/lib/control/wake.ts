/*
 * Tells masters to look for the requests that a change has released, by what `cluster.yaml` gives. The change is done:
 * whatever fails here is a sentence in its report, and takes nothing back.
 */
import path from 'node:path';
import { Failure } from '../errors.js';
import type { Control, Inventory, MasterEntry } from '../model/inventory.js';
import { list, printable } from '../model/names.js';
import { wokenBuilders } from '../model/wake.js';
import type { WakeUp, Woken } from '../model/wake.js';
import { runCommand } from './command.js';
import type { ExpectedMaster } from './master-process.js';
import { RestWaker } from './rest-waker.js';
import { signalMaster } from './signal.js';

/** One way to make a master look. (Events over a message router will be another.) */
export interface Waker {
  readonly way: Woken['way'];
  /** Never throws a `Failure`: what it could not do is in the answer. */
  wake(wakeUp: WakeUp): Promise<Awake>;
}

export interface Awake {
  /** Names of those whose requests it looks for now. */
  readonly builders: readonly string[];
  readonly error: string | null;
}

export interface WakeOptions {
  readonly inventory: Inventory;
  /** Where nothing gentler is given or does it: `control.reconfig`, which loads whatever `master.cfg` is on disk. */
  readonly byReconfig: boolean;
}

const commandWithinMs = 60_000;

export async function wakeMasters(wakeUps: readonly WakeUp[], options: WakeOptions): Promise<Woken[]> {
  const file = path.resolve(options.inventory.file);
  const asked = await Promise.all(
    wakeUps.map(async (wakeUp) => {
      const entry = entryOf(options.inventory, wakeUp);
      const control = entry?.control.wake;
      return control ? [await woken(wakerFor(control, { ...entry, file }), wakeUp)] : [];
    }),
  );
  const gently = asked.flat();
  return options.byReconfig ? [...gently, ...(await byReconfig(wakeUps, gently, options.inventory, file))] : gently;
}

function entryOf({ masters }: Inventory, { master }: WakeUp): MasterEntry | undefined {
  return masters.find((entry) => (entry.name ?? entry.key) === master);
}

function wakerFor(control: Control, expected: ExpectedMaster): Waker {
  return 'http' in control ? new RestWaker(control.http) : new ControlWaker(control, expected);
}

async function woken(waker: Waker, wakeUp: WakeUp): Promise<Woken> {
  const { builders, error } = await waker.wake(wakeUp);
  const left = wakeUp.builders.filter((builder) => !builders.includes(builder));
  const noWorker = `no worker that is connected to it and not paused serves ${list(left.map(printable), 3)}`;
  return { master: wakeUp.master, way: waker.way, builders, error: error ?? (left.length > 0 ? noWorker : null) };
}

/** One after the other, and no more of them than it takes: each loads a configuration. */
async function byReconfig(
  wakeUps: readonly WakeUp[],
  gently: readonly Woken[],
  inventory: Inventory,
  file: string,
): Promise<Woken[]> {
  const results: Woken[] = [];
  for (const wakeUp of wakeUps) {
    const awake = wokenBuilders([...gently, ...results]);
    const builders = wakeUp.builders.filter((builder) => !awake.has(builder));
    if (builders.length === 0) continue;
    const waker = reconfigWaker(entryOf(inventory, wakeUp), file);
    results.push(await woken(waker, { ...wakeUp, builders }));
  }
  return results;
}

function reconfigWaker(entry: MasterEntry | undefined, file: string): Waker {
  const control = entry?.control.reconfig;
  const impossible = (error: string): Waker => ({
    way: 'reconfig',
    wake: () => Promise.resolve({ builders: [], error }),
  });
  if (entry === undefined || control === undefined) return impossible('cluster.yaml has no control.reconfig of it');
  if ('http' in control) return impossible('its control.reconfig is a URL, and no URL reconfigures a Buildbot master');
  return new ControlWaker(control, { ...entry, file }, 'reconfig');
}

/** A program of the operator's, or a signal. */
class ControlWaker implements Waker {
  readonly way: Waker['way'];
  private readonly control: Exclude<Control, { http: string }>;
  private readonly expected: ExpectedMaster;

  constructor(control: Exclude<Control, { http: string }>, expected: ExpectedMaster, way?: Waker['way']) {
    this.control = control;
    this.expected = expected;
    this.way = way ?? ('exec' in control ? 'command' : 'signal');
  }

  async wake({ builders }: WakeUp): Promise<Awake> {
    try {
      if ('exec' in this.control) await this.run(this.control);
      else signalMaster(this.control.pidFile, this.control.signal, this.expected);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { builders: [], error: error.message };
    }
    return { builders, error: null };
  }

  private run({ exec, timeoutMs }: Extract<Control, { exec: readonly string[] }>): Promise<void> {
    return runCommand(exec, { cwd: path.dirname(this.expected.file), timeoutMs: timeoutMs ?? commandWithinMs });
  }
}
