import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';

/** A program in the background that goes on writing is not listened to for ever. */
const mostTicks = 10;
/** What was killed for certain and still is there waits for a disk that does not answer. */
const lastWaitMs = 5000;

/** Closes the output of a process that has ended, when what it has left in the background holds it open. */
export class OutputEnd {
  /** The process could not be killed. */
  onGivenUp = (): void => {};
  private readonly child: ChildProcess;
  private readonly graceMs: number;
  private readonly isBusy: () => boolean;
  private hasExited = false;

  constructor(child: ChildProcess, graceMs: number, isBusy: () => boolean) {
    this.child = child;
    this.graceMs = graceMs;
    this.isBusy = isBusy;
  }

  /** It has ended. */
  begin(): void {
    this.hasExited = true;
    this.wait(this.bytesRead(), 1);
  }

  /** It was killed, with all that belongs to it. */
  hurry(): void {
    if (!this.hasExited) setTimeout(() => this.giveUp(), lastWaitMs).unref();
  }

  private wait(before: number, tick: number): void {
    // Between the timer and this is read what is there: a process that was busy may not have come to it before.
    setTimeout(() => setImmediate(() => this.look(before, tick)), this.graceMs).unref();
  }

  private look(before: number, tick: number): void {
    if (this.isBusy()) return this.wait(this.bytesRead(), tick);
    if (this.bytesRead() === before || tick === mostTicks) this.close();
    else this.wait(this.bytesRead(), tick + 1);
  }

  private giveUp(): void {
    if (this.hasExited) return;
    this.close();
    this.onGivenUp();
  }

  private close(): void {
    for (const output of [this.child.stdout, this.child.stderr]) output?.destroy();
  }

  private bytesRead(): number {
    return [this.child.stdout, this.child.stderr].reduce((sum, output) => sum + ((output as Socket | null)?.bytesRead ?? 0), 0); // prettier-ignore
  }
}
