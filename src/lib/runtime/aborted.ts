/** Settled when the signal is aborted; at once if it is. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Settled as the other one is, or when the signal is aborted; a signal that lives long is not listened to any longer. */
export async function unlessAborted(other: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const ended = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { signal: over.signal });
  });
  try {
    await Promise.race([other, ended]);
  } finally {
    over.abort();
  }
}
