/** A request that nobody has claimed. */
export interface PendingRequest {
  readonly id: number;
  readonly buildsetId: number;
  readonly builderId: number;
  /** Epoch seconds. */
  readonly submittedAt: number;
}

export interface Assignment {
  readonly request: PendingRequest;
  /** By name. */
  readonly worker: string;
}

/**
 * Which request is built where: each in its turn by the worker of its builder that has the most free slots. Those that find
 * none stay where they are, and keep nobody else waiting.
 */
export function assigned(
  requests: readonly PendingRequest[],
  workersOf: (builderId: number) => readonly string[],
  slots: ReadonlyMap<string, number>,
): Assignment[] {
  const free = new Map(slots);
  const freeOf = (worker: string): number => free.get(worker) ?? 0;
  return requests.flatMap((request) => {
    const [worker] = [...workersOf(request.builderId)].sort((a, b) => freeOf(b) - freeOf(a));
    if (worker === undefined || freeOf(worker) <= 0) return [];
    free.set(worker, freeOf(worker) - 1);
    return [{ request, worker }];
  });
}
