import { resultNames } from '../../model/results.js';

/** Seconds up to which claims are counted, as Prometheus has histograms. */
const bounds = [0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200];

/** What this process has built. */
export class Counts {
  /** Builds that have ended, by the name of their result. */
  readonly byResult: Record<string, number> = Object.fromEntries(resultNames.map((name) => [name, 0]));
  claims = 0;
  /** From the request to its claim; `buckets` count those up to each bound. */
  readonly claimLatencySeconds = { sum: 0, buckets: bounds.map((upTo) => ({ upTo, count: 0 })) };

  onClaim(latencySeconds: number): void {
    const latency = Math.max(0, latencySeconds);
    this.claims++;
    this.claimLatencySeconds.sum += latency;
    for (const bucket of this.claimLatencySeconds.buckets) if (latency <= bucket.upTo) bucket.count++;
  }

  onFinished(results: number): void {
    const name = resultNames[results];
    if (name !== undefined) this.byResult[name] = (this.byResult[name] ?? 0) + 1;
  }
}
