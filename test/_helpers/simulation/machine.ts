/* Processes of steps, of all masters: they live on the timeline, whether or not their master does. */
import type { CommandStep, Machine } from '../../../src/lib/runtime/builds/machine.js';
import type { StepContext, StepEnd, StepLog } from '../../../src/lib/runtime/builds/step-context.js';
import { cancelled, failure, success } from '../../../src/lib/model/results.js';
import type { Interruption } from '../../../src/lib/runtime/builds/step-context.js';
import type { Random } from '../random.js';
import type { Deed } from './jobs.js';
import type { SimulatedProcess } from './process.js';
import type { Timeline } from './timeline.js';

/** How long one may take to end when it is told to. */
const dyingMs = 4000;

export interface Child {
  readonly owner: SimulatedProcess;
  /** Of its master. */
  readonly folder: string;
  readonly worker: string;
  readonly buildId: number;
  /** Of its master, when it began. */
  readonly incarnation: string | null;
  isRunning: boolean;
  /** Now, or soon. */
  end(status: number | null): void;
}

export interface Ends {
  readonly onOutput: (text: string) => void;
  readonly onEnd: (status: number | null) => void;
}

/** Lines are short: whatever is compressed is so in real time. */
const mostBursts = 8;

export class Processes {
  readonly all = new Set<Child>();
  private readonly timeline: Timeline;
  private readonly random: Random;

  constructor(timeline: Timeline, random: Random) {
    this.timeline = timeline;
    this.random = random;
  }

  spawn(deed: Deed, about: Omit<Child, 'isRunning' | 'end'>, { onOutput, onEnd }: Ends): Child {
    const { timeline, random } = this;
    const child: Child = {
      ...about,
      isRunning: true,
      end: (status) => {
        if (!child.isRunning) return;
        child.isRunning = false;
        this.all.delete(child);
        onEnd(status);
      },
    };
    this.all.add(child);
    const lastsMs = deed === 'hangs' ? Infinity : random.between(500, deed === 'slow' ? 60_000 : 5000);
    const bursts = random.whole(0, mostBursts);
    for (let burst = 0; burst < bursts; burst++) {
      const text = `${burst}\n`.repeat(random.whole(1, 2)) + (random.chance(0.3) ? 'and' : '');
      timeline.after(random.between(0, Math.min(lastsMs, 60_000)), () => void (child.isRunning && onOutput(text)));
    }
    const status = random.chance(0.1) ? 1 : 0;
    if (lastsMs < Infinity) timeline.after(lastsMs, () => child.end(status));
    return child;
  }

  kill(child: Child): void {
    this.timeline.after(this.random.between(0, dyingMs), () => child.end(null));
  }
}

interface Host {
  readonly processes: Processes;
  readonly process: SimulatedProcess;
  readonly folder: string;
  readonly incarnation: () => string | null;
  readonly began: (child: Child) => void;
  /** All of its log is in the database, as it was told. */
  readonly acknowledged: (buildId: number, text: string) => void;
}

/** What a master sees of it. */
export function machineOf(host: Host): Machine {
  const { processes, folder } = host;
  return {
    runStep: (config, context) => runCommand(host, config, context),
    killLeftovers: () => {
      const left = [...processes.all].filter((child) => child.folder === folder && child.owner.state === 'gone');
      for (const child of left) child.end(null);
      return Promise.resolve(left.length);
    },
  };
}

async function runCommand(host: Host, config: CommandStep, context: StepContext): Promise<StepEnd> {
  const log = await context.openLog('stdio');
  const output = new Output(log);
  let status: number | null;
  try {
    status = await statusOf(host, config, context, output);
    await output.written;
  } finally {
    await log.close();
  }
  host.acknowledged(context.build.id, output.text);
  const wanted = context.signal.aborted ? ((context.signal.reason as Partial<Interruption>).results ?? cancelled) : null; // prettier-ignore
  return { results: wanted ?? (status === 0 ? success : failure), state: `'${config.name}'` };
}

class Output {
  text = '';
  written: Promise<void> = Promise.resolve();
  private readonly log: StepLog;

  constructor(log: StepLog) {
    this.log = log;
  }

  add(text: string): void {
    this.text += text;
    const written = this.written.then(() => this.log.write('stdout', Buffer.from(text)));
    written.catch(() => {});
    this.written = written;
  }
}

/** `null`: it was killed. */
function statusOf(host: Host, config: CommandStep, context: StepContext, output: Output): Promise<number | null> {
  const { process, processes, folder, incarnation } = host;
  const { signal, build, worker } = context;
  const deed = config.kind === 'shell' ? (config.command as Deed) : 'quick';
  return new Promise((resolve) => {
    const over = new AbortController();
    const child = processes.spawn(
      deed,
      { owner: process, folder, worker, buildId: build.id, incarnation: incarnation() },
      {
        onOutput: (text) => void process.deliver(() => output.add(text)),
        onEnd: (status) => void process.deliver(() => (over.abort(), resolve(status))),
      },
    );
    host.began(child);
    const kill = (): void => processes.kill(child);
    if (signal.aborted) kill();
    signal.addEventListener('abort', kill);
    if (config.timeoutMs !== null)
      void process.clock.sleep(config.timeoutMs, over.signal).then(() => child.isRunning && kill());
  });
}
