import { Failure } from '../errors.js';
import type { WakeUp, WakingWorker } from '../model/wake.js';
import { RestClient } from './rest-client.js';
import type { Awake, Waker } from './wake.js';

/** A worker as Buildbot's REST API shows it. */
interface RestWorker {
  readonly paused?: unknown;
  readonly graceful?: unknown;
  readonly connected_to?: readonly { readonly masterid?: unknown }[];
}

/**
 * Asks a master's own web server to unpause workers that are not paused: all it does is to look for requests that they
 * could build. A worker that is paused must stay so: what the master says of it is read before.
 */
export class RestWaker implements Waker {
  readonly way = 'rest';
  private readonly client: RestClient;

  /** `url` is the base of the web server, with a user and password where it wants one. */
  constructor(url: string) {
    this.client = new RestClient(url);
  }

  async wake({ masterId, workers }: WakeUp): Promise<Awake> {
    const awake = new Set<string>();
    try {
      for (const worker of workers) {
        const isNeeded = worker.builders.some((builder) => !awake.has(builder));
        if (!isNeeded || !(await this.isFree(worker, masterId))) continue;
        await this.unpause(worker);
        for (const builder of worker.builders) awake.add(builder);
      }
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return { builders: [...awake], error: error.message };
    }
    return { builders: [...awake], error: null };
  }

  private async isFree({ id }: WakingWorker, masterId: number): Promise<boolean> {
    const { workers } = (await this.client.get(`workers/${id}`)) as { workers?: readonly RestWorker[] };
    const worker = workers?.[0];
    // What is not said to be unpaused is left alone.
    const isConnected = worker?.connected_to?.some((connection) => connection.masterid === masterId) ?? false;
    return isConnected && worker?.paused === false && worker.graceful !== true;
  }

  private async unpause({ id }: WakingWorker): Promise<void> {
    await this.client.call(`workers/${id}`, 'unpause');
  }
}
