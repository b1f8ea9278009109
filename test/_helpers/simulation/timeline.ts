/** Time that goes on when, and only when, nothing more happens at this moment. */
export class Timeline {
  nowMs = 0;
  private readonly heap: Happening[] = [];
  private count = 0;

  after(ms: number, happen: Happening['happen']): void {
    const happening = { atMs: this.nowMs + Math.max(0, ms), order: this.count++, happen };
    let index = this.heap.push(happening) - 1;
    for (let above = (index - 1) >> 1; index > 0 && isBefore(happening, this.heap[above]!); above = (index - 1) >> 1) {
      this.heap[index] = this.heap[above]!;
      index = above;
    }
    this.heap[index] = happening;
  }

  /** One thing after the other, each until all that follows from it at this moment has come to rest. */
  async run(untilMs: number, isOver: () => boolean): Promise<void> {
    while (!isOver() && (this.heap[0]?.atMs ?? Infinity) <= untilMs) {
      const { atMs, happen } = this.next();
      this.nowMs = atMs;
      await happen();
      await atRest();
    }
    if (!isOver()) this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private next(): Happening {
    const [first] = this.heap;
    const last = this.heap.pop();
    if (!first || !last) throw new Error('nothing is going to happen');
    if (this.heap.length > 0) this.sink(last);
    return first;
  }

  private sink(happening: Happening): void {
    const { heap } = this;
    let index = 0;
    for (let below = 1; below < heap.length; below = 2 * index + 1) {
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, happening)) break;
      heap[index] = heap[below]!;
      index = below;
    }
    heap[index] = happening;
  }
}

interface Happening {
  readonly atMs: number;
  /** What was asked for first happens first. */
  readonly order: number;
  readonly happen: () => void | Promise<void>;
}

function isBefore(one: Happening, other: Happening): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** SQLite's driver waits for nothing, so all that is left is promises, and they come first. */
function atRest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
