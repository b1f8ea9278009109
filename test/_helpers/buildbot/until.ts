import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  deadlineMs?: number;
  everyMs?: number;
}

/** Polls until the probe gives a value; nothing in these tests sleeps for a fixed time. */
export async function until<Value>(
  what: string,
  probe: () => Promise<Value | undefined | false> | Value | undefined | false,
  { deadlineMs = 60_000, everyMs = 100 }: Patience = {},
): Promise<Value> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`Waited ${deadlineMs / 1000} s in vain until ${what}`);
    await pause(everyMs);
  }
}
