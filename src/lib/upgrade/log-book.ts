import { Failure } from '../errors.js';
import { seeHolder } from '../model/handover.js';
import type { HandedService, Holders } from '../model/handover.js';
import type { SavedNew, SavedOld, SavedUpgrade } from './saved-upgrade.js';

/** What is known of an upgrade, kept as it changes. */
export class LogBook {
  private saved: SavedUpgrade;
  private readonly keep: (saved: SavedUpgrade) => void;
  private readonly complain: (message: string) => void;
  private isKept = true;

  /** Throws a `Failure` where it cannot be kept at all; later on `complain` is told, once. */
  constructor(saved: SavedUpgrade, keep: (saved: SavedUpgrade) => void, complain: (message: string) => void) {
    this.saved = saved;
    this.keep = keep;
    this.complain = complain;
    keep(this.stamped);
  }

  get now(): SavedUpgrade {
    return this.saved;
  }

  write(change: Partial<SavedUpgrade>): void {
    this.saved = { ...this.saved, ...change };
    this.save();
  }

  writeOld(name: string, change: Partial<SavedOld>): void {
    this.write({ old: this.saved.old.map((one) => (one.name === name ? { ...one, ...change } : one)) });
  }

  writeNew(name: string, change: Partial<SavedNew>): void {
    this.write({ start: this.saved.start.map((one) => (one.name === name ? { ...one, ...change } : one)) });
  }

  /** Returns the services whose holder is another one than before. Only then it is kept: looks come often. */
  see(holders: Holders): HandedService[] {
    const before = this.saved.services;
    const services = before.map((service) => seeHolder(service, holders));
    const changed = services.filter(({ seen }, index) => seen?.holderId !== before[index]?.seen?.holderId);
    this.saved = { ...this.saved, services };
    if (changed.length > 0) this.save();
    return changed;
  }

  /** Kept with the next change. */
  addWithoutWorker(builders: readonly string[], seconds: number): void {
    const { withoutWorker } = this.saved;
    const added = builders.map((name) => [name, (withoutWorker[name] ?? 0) + seconds] as const);
    this.saved = { ...this.saved, withoutWorker: { ...withoutWorker, ...Object.fromEntries(added) } };
  }

  private get stamped(): SavedUpgrade {
    return { ...this.saved, savedAt: new Date().toISOString() };
  }

  /** A disk that is full must not end the watching. */
  private save(): void {
    try {
      this.keep(this.stamped);
      this.isKept = true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (this.isKept) this.complain(error.message);
      this.isKept = false;
    }
  }
}
