import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** What a member of a crew has done by now; times are epoch ms. */
export interface Done {
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Processes that do the same work side by side, and say how much of it they have done. */
export class Crew {
  private readonly members: ChildProcess[] = [];
  private readonly done = new Map<ChildProcess, Done>();
  private onDone = (): void => {};
  private onLost: (error: Error) => void = () => {};

  /** `script`: in this folder, `.js`; it says `ready` when it can begin. One member for each list of arguments. */
  static async start(script: string, args: readonly (readonly string[])[]): Promise<Crew> {
    const crew = new Crew();
    await Promise.all(args.map((some) => crew.add(join(import.meta.dirname, script), some)));
    return crew;
  }

  private add(script: string, args: readonly string[]): Promise<void> {
    const member = fork(script, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.members.push(member);
    return new Promise((resolve, reject) => {
      this.onLost = reject;
      member.once('exit', (status) => status && this.onLost(new Error(`${script} ended with ${status}`)));
      member.on('message', (message: 'ready' | Done) => {
        if (message === 'ready') return resolve();
        this.done.set(member, message);
        this.onDone();
      });
    });
  }

  go(): void {
    for (const member of this.members) member.send('go');
  }

  /** What they have done in a second, all together, once it is so much. */
  async perSecond(count: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.onLost = reject;
      this.onDone = () => this.sum() >= count && resolve();
      this.onDone();
    });
    const all = [...this.done.values()];
    const seconds = (Math.max(...all.map(({ lastMs }) => lastMs)) - Math.min(...all.map(({ firstMs }) => firstMs))) / 1000;
    return this.sum() / seconds;
  }

  private sum(): number {
    return [...this.done.values()].reduce((sum, { count }) => sum + count, 0);
  }

  async end(): Promise<void> {
    await Promise.all(
      this.members.map(async (member) => {
        if (member.exitCode !== null || member.signalCode !== null) return;
        const ended = new Promise((resolve) => member.once('exit', resolve));
        member.kill('SIGKILL');
        await ended;
      }),
    );
  }
} // prettier-ignore
