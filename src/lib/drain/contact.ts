import { Failure } from '../errors.js';
import type { ShutDownEvent } from './events.js';

type ContactEvent = Extract<ShutDownEvent, { event: 'contact' | 'lost contact' }>;

/** Whether the database answers; told whenever that changes. */
export class Contact {
  private readonly emit: (event: ContactEvent) => void;
  private answers = true;

  constructor(emit: (event: ContactEvent) => void) {
    this.emit = emit;
  }

  get isLost(): boolean {
    return !this.answers;
  }

  /** `null` where a `Failure` came between: it will be tried again. */
  async during<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      const done = await work();
      if (!this.answers) this.emit({ event: 'contact' });
      this.answers = true;
      return done;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (this.answers) this.emit({ event: 'lost contact', message: error.message });
      this.answers = false;
      return null;
    }
  }
}
