import type { Histogram as HistogramType, MetricType } from 'prom-client';
import type { Master } from '../master.js';

const name = 'bbctl_request_claim_seconds';
const help = 'from a request to its claim by this master';

/** Read at the scrape, as it was counted where it happened. */
export async function claimLatency({ builds }: Pick<Master, 'builds'>): Promise<HistogramType> {
  const { Histogram } = await import('prom-client');
  type Values = Awaited<ReturnType<HistogramType['get']>>;
  return new (class extends Histogram {
    override get(): Promise<Values> {
      const { claims, claimLatencySeconds } = builds.counts;
      const { sum, buckets } = claimLatencySeconds;
      const values: Values['values'] = [
        ...buckets.map(({ upTo, count }) => ({ metricName: `${name}_bucket`, labels: { le: upTo }, value: count })),
        { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: claims },
        { metricName: `${name}_sum`, labels: {}, value: sum },
        { metricName: `${name}_count`, labels: {}, value: claims },
      ];
      const type = 'histogram' as unknown as MetricType;
      return Promise.resolve({ name, help, type, values, aggregator: 'sum', collect: () => {} });
    }
  })({ name, help, registers: [] });
}
