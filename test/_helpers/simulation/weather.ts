import type { Random } from '../random.js';

/** What becomes of a statement on its way to the database and back. */
export interface Fate {
  readonly thereMs: number;
  readonly backMs: number;
  /** `refused`: it never gets there, and that is known at once. `lost`: it is done, and the answer is not what comes back. `swallowed`: nothing comes back. */
  readonly kind: 'done' | 'refused' | 'lost' | 'swallowed';
}

/** How well statements travel at the moment; the calm has no losses. */
export class Weather {
  isCalm = true;
  /** Nobody reaches the database. */
  isDatabaseDown = false;
  /** Times as slow as usual. */
  slowness = 1;
  /** Numbers of the processes that do not reach it, and how they notice: at once, or not at all. */
  readonly partitions = new Map<number, 'refused' | 'swallowed'>();
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  isCutOff(process: number): boolean {
    return this.isDatabaseDown || this.partitions.has(process);
  }

  fate(process: number): Fate {
    const { random } = this;
    const thereMs = this.travelMs();
    const backMs = this.travelMs();
    if (this.isDatabaseDown) return { thereMs, backMs, kind: 'refused' };
    const partition = this.partitions.get(process);
    if (partition) return { thereMs, backMs, kind: partition };
    const kind = this.isCalm || !random.chance(0.004) ? 'done' : random.pick(['refused', 'lost', 'lost', 'swallowed'] as const); // prettier-ignore
    return { thereMs, backMs, kind };
  }

  private travelMs(): number {
    const { random } = this;
    const usual = random.between(0.2, 4);
    if (this.isCalm) return usual;
    if (random.chance(0.004)) return random.between(1000, 40_000);
    return (random.chance(0.02) ? random.between(50, 1000) : usual) * this.slowness;
  }
}
