import type { ClusterView } from '../model/cluster-view.js';
import { observed } from '../model/timeline.js';
import type { Timeline } from '../model/timeline.js';

const keepSeconds = 24 * 3600;
const mostSpans = 200;

/** Remembers who held which service when, for as long as this process lives. */
export class Chronicle {
  timeline: Timeline = new Map();
  /** The first look, epoch seconds of the database's clock. */
  since: number | null = null;
  private readonly gapSeconds: number;

  /** `beatMs`: it looks at least so often; when it missed two looks it does not know. */
  constructor(beatMs: number) {
    this.gapSeconds = (3 * beatMs) / 1000;
  }

  observe(view: ClusterView): void {
    this.since ??= view.now;
    this.timeline = observed(this.timeline, view, { keepSeconds, mostSpans, gapSeconds: this.gapSeconds });
  }
}
