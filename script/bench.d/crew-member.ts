/** In a process of a `Crew`: waits until all are ready. */
export async function ready(): Promise<void> {
  const went = new Promise((resolve) => process.once('message', resolve));
  process.once('disconnect', () => process.exit(0));
  process.send?.('ready');
  await went;
}

/** Counts what is done, and says so at most once in each turn of the event loop. */
export class Tally {
  private count = 0;
  private firstMs = NaN;
  private isTelling = false;

  begin(): void {
    if (Number.isNaN(this.firstMs)) this.firstMs = epochMs();
  }

  add(count: number): void {
    this.begin();
    this.count += count;
    const lastMs = epochMs();
    if (this.isTelling) return;
    this.isTelling = true;
    setImmediate(() => {
      this.isTelling = false;
      process.send?.({ count: this.count, firstMs: this.firstMs, lastMs });
    });
  }
}

const epochMs = (): number => performance.timeOrigin + performance.now();
