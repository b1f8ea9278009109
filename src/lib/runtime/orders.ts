/** What may be asked of a master, by signals and over REST. */
export interface Orders {
  /**
   * No new requests but those that a running build waits for; services are handed over; it leaves when the last build has
   * ended. Asked again, it changes nothing.
   */
  drain(): void;
  /** `false`: it was not draining, or has left already. */
  cancelDrain(): boolean;
  /** Quickly: running builds end as RETRY, and their requests are given back. */
  stop(): void;
  /** `null`: its configuration was read again and taken over; else why not. */
  reconfig(): Promise<string | null>;
  stopBuild(buildId: number, reason: string): 'stopping' | 'not here';
}

/** A build that runs on this master. */
export interface RunningBuild {
  readonly id: number;
  readonly number: number;
  readonly builder: string;
  readonly requestId: number;
  /** Epoch seconds, by the database's clock. */
  readonly startedAt: number;
  readonly worker: string;
}
