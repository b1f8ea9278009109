/** What a builder has in the database, as far as it is cheap to know. */
export interface BuilderHistory {
  readonly builderId: number;
  readonly nameHash: string;
  readonly builds: number;
  /** `builds.number`, from the lowest to the highest; `null`: none. */
  readonly numbers: Range | null;
  readonly requests: number;
  /** `buildrequests.id` */
  readonly requestIds: Range | null;
  /** The first few. */
  readonly openBuilds: readonly number[];
  readonly openRequests: readonly number[];
  readonly sample: Sample;
  /** It has names of tests, or results of them. */
  readonly hasTests: boolean;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Some builds, with what hangs on them; all of them where there are few. */
export interface Sample {
  readonly builds: number;
  readonly steps: number;
  readonly logs: number;
  readonly logBytes: number;
}

/** What goes with all its builds, by what goes with some; exact where all were looked at. */
export function estimated({ builds, sample }: BuilderHistory): Omit<Sample, 'builds'> & { isExact: boolean } {
  const factor = sample.builds === 0 ? 0 : builds / sample.builds;
  const [steps, logs, logBytes] = [sample.steps, sample.logs, sample.logBytes].map((count) => Math.round(count * factor)); // prettier-ignore
  return { steps: steps ?? 0, logs: logs ?? 0, logBytes: logBytes ?? 0, isExact: sample.builds === builds };
}

/** Pieces of a range of at least `width`, and at most `most` of them. */
export function split(range: Range | null, width: number, most: number): Range[] {
  if (range === null) return [];
  const length = range.to - range.from + 1;
  const step = Math.max(width, Math.ceil(length / most));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => {
    const from = range.from + index * step;
    return { from, to: Math.min(range.to, from + step - 1) };
  });
}
