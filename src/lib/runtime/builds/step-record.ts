import { addLog, addStep, addText, finishStep, setStepState } from '../../db/running-builds.js';
import type { NewStep } from '../../db/running-builds.js';
import type { Scribe } from './scribe.js';
import type { StepEnd } from './step-context.js';

/**
 * A step, as it stands in the database. What is written does not wait for what was asked before to be written: the scribe
 * keeps the order, so that a short step is one transaction.
 */
export class StepRecord {
  /** Settled when the step is there. */
  readonly added: Promise<number>;
  private readonly scribe: Scribe;
  private id = 0;

  constructor(scribe: Scribe, step: NewStep) {
    this.scribe = scribe;
    this.added = scribe.write(async (tx, again) => (this.id = await addStep(tx, step, tx.now, again)));
    this.added.catch(() => {});
  }

  /** Returns `logs.id`. */
  openLog(name: string): Promise<number> {
    return this.scribe.write((tx, again) => addLog(tx, this.id, name, again));
  }

  /** A log that says why it was stopped, as Buildbot's steps have it. */
  sayCancelled(reason: string): Promise<void> {
    return this.scribe.write((tx, again) => addText(tx, this.id, { name: 'cancelled', text: reason }, again));
  }

  setState(state: string): Promise<void> {
    return this.scribe.write((tx) => setStepState(tx, this.id, state));
  }

  finish(end: StepEnd): Promise<void> {
    return this.scribe.write((tx) => finishStep(tx, this.id, end, tx.now));
  }
}
