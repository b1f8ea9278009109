import { cancelled } from '../../model/results.js';
import type { Interruption } from '../builds/step-context.js';

/** How a step ends that was told to; `null`: nobody has told it. */
export function interruptedResults(signal: AbortSignal): number | null {
  if (!signal.aborted) return null;
  return (signal.reason as Partial<Interruption> | undefined)?.results ?? cancelled;
}
